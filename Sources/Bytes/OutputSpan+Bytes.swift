extension OutputSpan<UInt8> {
    /// Appends the bytes of `source`. Traps when there is no room for them.
    @inlinable
    @_lifetime(self: copy self)
    package mutating func append(copying source: RawSpan) {
        precondition(source.byteCount <= freeCapacity, "\(source.byteCount) bytes find no room")
        // SAFETY: the line above has checked the room, and exactly `byteCount` bytes are written.
        unsafe withUnsafeMutableBufferPointer { buffer, count in
            unsafe source.withUnsafeBytes { bytes in
                let free = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
                unsafe free.copyMemory(from: bytes)
            }
            count += source.byteCount
        }
    }

    /// Appends the bytes of `value`, lowest first. Traps when there is no room for them.
    @inlinable
    @_lifetime(self: copy self)
    package mutating func append(littleEndian value: UInt32) {
        precondition(freeCapacity >= 4, "four bytes find no room")
        // SAFETY: the line above has checked the room, and exactly four bytes are written.
        unsafe withUnsafeMutableBufferPointer { buffer, count in
            unsafe UnsafeMutableRawBufferPointer(buffer).storeBytes(
                of: value.littleEndian, toByteOffset: count, as: UInt32.self)
            count += 4
        }
    }

    /// Appends a signed base-128 integer in zigzag order, as `ByteWriter` does.
    @inlinable
    @_lifetime(self: copy self)
    package mutating func append(zigzag value: Int64) {
        var rest = UInt64(bitPattern: (value << 1) ^ (value >> 63))
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }
}
