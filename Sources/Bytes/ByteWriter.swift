/// Appends integers and bytes to memory of its own, which grows as needed.
@usableFromInline
package struct ByteWriter: Sendable {
    /// What was appended.
    @usableFromInline package var bytes: [UInt8]

    /// Nothing yet, and room for `capacity` bytes.
    @inlinable package init(reserving capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// How many bytes were appended.
    @inlinable package var count: Int { bytes.count }

    /// One byte.
    @inlinable package mutating func append(_ byte: UInt8) { bytes.append(byte) }

    /// All of the bytes.
    @inlinable package mutating func append(_ more: [UInt8]) { bytes.append(contentsOf: more) }

    /// All of the bytes.
    @inlinable package mutating func append(_ more: ArraySlice<UInt8>) {
        bytes.append(contentsOf: more)
    }

    /// All of the bytes.
    @inlinable package mutating func append(_ more: RawSpan) { bytes.append(copying: more) }

    /// The text's UTF-8, without its length.
    @inlinable package mutating func append(utf8 text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    /// An integer, highest byte first.
    @inlinable
    package mutating func append<T: FixedWidthInteger & BitwiseCopyable>(bigEndian value: T) {
        var shift = T.bitWidth
        while shift > 0 {
            shift &-= 8
            bytes.append(UInt8(truncatingIfNeeded: value >> T(truncatingIfNeeded: shift)))
        }
    }

    /// An unsigned base-128 integer, lowest group first.
    @inlinable package mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// A length in the same form. Traps when it is negative.
    @inlinable package mutating func append(varint value: Int) {
        precondition(value >= 0, "a length cannot be negative: \(value)")
        append(varint: UInt64(value))
    }

    /// A signed integer in zigzag order, then base 128.
    @inlinable package mutating func append(zigzag value: Int64) {
        append(varint: UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    /// A varint length, then that many bytes.
    @inlinable package mutating func append(prefixed more: some Collection<UInt8>) {
        append(varint: more.count)
        bytes.append(contentsOf: more)
    }

    /// Overwrites bytes that were appended before.
    @inlinable
    package mutating func replace<T: FixedWidthInteger & BitwiseCopyable>(
        at position: Int, bigEndian value: T
    ) {
        bytes.replace(at: position, bigEndian: value)
    }

    /// How many bytes `append(varint:)` takes for `value`.
    @inlinable package static func byteCount(ofVarint value: UInt64) -> Int {
        (UInt64.bitWidth &- (value | 1).leadingZeroBitCount &+ 6) / 7
    }

    /// How many bytes `append(zigzag:)` takes for `value`.
    @inlinable package static func byteCount(ofZigzag value: Int64) -> Int {
        byteCount(ofVarint: UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }
}
