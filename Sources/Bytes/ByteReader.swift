/// Reads bytes that a stranger sent. It never traps: every length is checked before it is used.
///
/// A slice keeps absolute positions, so that an error names the true place. The reader cannot
/// outlive the bytes it was made over.
@safe
@usableFromInline
package struct ByteReader: ~Escapable {
    /// Where the next byte is read, counted from the beginning of the whole.
    @usableFromInline let bytes: RawSpan
    @usableFromInline package private(set) var position: Int
    @usableFromInline let end: Int

    /// A reader over all of the bytes.
    @_lifetime(copy bytes)
    @inlinable package init(_ bytes: RawSpan) {
        self.init(bytes, position: 0, end: bytes.byteCount)
    }

    @_lifetime(copy bytes)
    @inlinable init(_ bytes: RawSpan, position: Int, end: Int) {
        self.bytes = bytes
        self.position = position
        self.end = end
    }

    /// How many bytes are left.
    @inlinable package var remaining: Int { end - position }

    /// Where the next byte is read, counted from the beginning of the whole.
    @inlinable package var isAtEnd: Bool { position == end }

    /// Steps over `count` bytes and returns where they begin.
    @inlinable package mutating func take(_ count: Int) throws(DecodeError) -> Int {
        guard count >= 0 else { throw .badLength(position: position) }
        guard count <= end - position else { throw .truncated(position: position, count: count) }
        let start = position
        position = start &+ count
        return start
    }

    /// Steps over `count` bytes.
    @inlinable package mutating func skip(_ count: Int) throws(DecodeError) {
        _ = try take(count)
    }

    /// A big-endian integer.
    @inlinable
    package mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(
        as _: T.Type = T.self
    ) throws(DecodeError) -> T {
        let start = try take(MemoryLayout<T>.size)
        // SAFETY: any bit pattern is a valid integer, and `take` has checked the bounds.
        let raw = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: start, as: T.self)
        return T(bigEndian: raw)
    }

    /// A little-endian integer.
    @inlinable
    package mutating func littleEndian<T: FixedWidthInteger & BitwiseCopyable>(
        as _: T.Type = T.self
    ) throws(DecodeError) -> T {
        T(littleEndian: T(bigEndian: try integer(as: T.self)))
    }

    /// One byte.
    @inlinable package mutating func byte() throws(DecodeError) -> UInt8 {
        guard position < end else { throw .truncated(position: position, count: 1) }
        // SAFETY: the line above has checked the bounds.
        let value = unsafe bytes.unsafeLoad(fromUncheckedByteOffset: position, as: UInt8.self)
        position &+= 1
        return value
    }

    /// The next byte, which stays unread.
    @inlinable package func peek() throws(DecodeError) -> UInt8 {
        guard position < end else { throw .truncated(position: position, count: 1) }
        // SAFETY: the line above has checked the bounds.
        return unsafe bytes.unsafeLoad(fromUncheckedByteOffset: position, as: UInt8.self)
    }

    /// An unsigned base-128 integer, lowest group first, of at most 64 bits.
    @inlinable
    @inline(__always)
    package mutating func varint() throws(DecodeError) -> UInt64 {
        // WHY: nearly all have one or two bytes, and for those a call costs more than the work.
        let left = end - position
        if left >= 1 {
            // SAFETY: the line above has checked the bounds.
            let first = unsafe bytes.unsafeLoad(fromUncheckedByteOffset: position, as: UInt8.self)
            if first < 0x80 {
                position &+= 1
                return UInt64(first)
            }
            if left >= 2 {
                // SAFETY: the line above has checked the bounds.
                let second = unsafe bytes.unsafeLoad(
                    fromUncheckedByteOffset: position &+ 1, as: UInt8.self)
                if second < 0x80 {
                    position &+= 2
                    return UInt64(first & 0x7F) | UInt64(second) &<< 7
                }
            }
        }
        return try longVarint()
    }

    /// A varint of any length, byte by byte.
    @usableFromInline
    mutating func longVarint() throws(DecodeError) -> UInt64 {
        let start = position
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = try byte()
            guard shift < 63 || next <= 1 else { throw .varintTooLong(position: start) }
            value |= UInt64(next & 0x7F) &<< shift
            if next < 0x80 { return value }
            shift &+= 7
        }
    }

    /// A signed base-128 integer in zigzag order: 0, -1, 1, -2, …
    @inlinable
    @inline(__always)
    package mutating func zigzag() throws(DecodeError) -> Int64 {
        let value = try varint()
        return Int64(bitPattern: (value >> 1) ^ (0 &- (value & 1)))
    }

    /// A zigzag integer that has to fit 32 bits.
    @inlinable
    @inline(__always)
    package mutating func zigzag32() throws(DecodeError) -> Int32 {
        let start = position
        guard let value = Int32(exactly: try zigzag()) else {
            throw .varintTooLong(position: start)
        }
        return value
    }

    /// An unsigned varint that has to fit `Int` and the bytes that are left.
    @inlinable package mutating func length() throws(DecodeError) -> Int {
        let start = position
        guard let value = Int(exactly: try varint()) else { throw .badLength(position: start) }
        guard value <= remaining else { throw .truncated(position: start, count: value) }
        return value
    }

    /// A reader over the next `count` bytes, which this one steps over.
    @_lifetime(copy self)
    @inlinable package mutating func slice(_ count: Int) throws(DecodeError) -> ByteReader {
        let start = try take(count)
        return ByteReader(bytes, position: start, end: start &+ count)
    }

    /// The next `count` bytes, in place.
    @_lifetime(copy self)
    @inlinable package mutating func span(_ count: Int) throws(DecodeError) -> RawSpan {
        let start = try take(count)
        return bytes.extracting(start..<(start &+ count))
    }

    /// The next `count` bytes, copied.
    @inlinable package mutating func array(_ count: Int) throws(DecodeError) -> [UInt8] {
        let part = try span(count)
        return [UInt8](copying: part)
    }
}
