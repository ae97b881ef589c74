/// Appends integers and bytes to memory of its own, which grows as needed.
@usableFromInline
package struct ByteWriter: Sendable {
    @usableFromInline package var bytes: [UInt8]

    @inlinable package init(reserving capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    @inlinable package var count: Int { bytes.count }

    @inlinable package mutating func append(_ byte: UInt8) { bytes.append(byte) }

    @inlinable package mutating func append(_ more: [UInt8]) { bytes.append(contentsOf: more) }

    @inlinable package mutating func append(_ more: ArraySlice<UInt8>) {
        bytes.append(contentsOf: more)
    }

    @inlinable package mutating func append(_ more: RawSpan) { bytes.append(copying: more) }

    @inlinable package mutating func append(utf8 text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    @inlinable
    package mutating func append<T: FixedWidthInteger & BitwiseCopyable>(bigEndian value: T) {
        var shift = T.bitWidth
        while shift > 0 {
            shift &-= 8
            bytes.append(UInt8(truncatingIfNeeded: value >> T(truncatingIfNeeded: shift)))
        }
    }

    @inlinable package mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    @inlinable package mutating func append(varint value: Int) {
        precondition(value >= 0, "a length cannot be negative: \(value)")
        append(varint: UInt64(value))
    }

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
