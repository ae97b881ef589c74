extension OutputRawSpan {
    /// Appends the bytes of `source`. Traps when there is no room for them.
    @_lifetime(self: copy self)
    @inlinable package mutating func append(copying source: RawSpan) {
        precondition(source.byteCount <= freeCapacity, "no room for \(source.byteCount) bytes")
        // SAFETY: the line above has checked the room, and exactly the bytes counted are written.
        unsafe withUnsafeMutableBytes { buffer, count in
            unsafe source.withUnsafeBytes { bytes in
                unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
                    .copyMemory(from: bytes)
                count += bytes.count
            }
        }
    }

    /// Appends bytes that are all zero. Traps when there is no room for them.
    @_lifetime(self: copy self)
    @inlinable package mutating func append(zeros zeroCount: Int) {
        precondition(zeroCount >= 0 && zeroCount <= freeCapacity, "no room for \(zeroCount) zeros")
        // SAFETY: the line above has checked the room, and exactly the bytes counted are written.
        unsafe withUnsafeMutableBytes { buffer, count in
            let place = unsafe UnsafeMutableRawBufferPointer(
                rebasing: buffer[count..<(count + zeroCount)])
            unsafe place.initializeMemory(as: UInt8.self, repeating: 0)
            count += zeroCount
        }
    }
}
