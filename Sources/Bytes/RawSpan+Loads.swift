extension RawSpan {
    /// The byte at `position`. Traps when there is none.
    @inlinable package func byte(at position: Int) -> UInt8 {
        precondition(position >= 0 && position < byteCount, "there is no byte \(position)")
        // SAFETY: the line above has checked the bounds.
        return unsafe unsafeLoad(fromUncheckedByteOffset: position, as: UInt8.self)
    }

    /// The 32-bit integer at `position`, lowest byte first. Traps when it is not all there.
    @inlinable package func littleEndian32(at position: Int) -> UInt32 {
        precondition(position >= 0 && position <= byteCount &- 4, "no 4 bytes at \(position)")
        // SAFETY: the line above has checked the bounds, and any bit pattern is an integer.
        let value = unsafe unsafeLoadUnaligned(
            fromUncheckedByteOffset: position, as: UInt32.self)
        return UInt32(littleEndian: value)
    }

    /// The 64-bit integer at `position`, lowest byte first. Traps when it is not all there.
    @inlinable package func littleEndian64(at position: Int) -> UInt64 {
        precondition(position >= 0 && position <= byteCount &- 8, "no 8 bytes at \(position)")
        // SAFETY: the line above has checked the bounds, and any bit pattern is an integer.
        let value = unsafe unsafeLoadUnaligned(
            fromUncheckedByteOffset: position, as: UInt64.self)
        return UInt64(littleEndian: value)
    }
}
