extension [UInt8] {
    /// The array's bytes in place, for readers that take a `RawSpan`.
    @inlinable package var rawSpan: RawSpan {
        @_lifetime(borrow self)
        get {
            let elements = self.span
            // SAFETY: `UInt8` has no padding, so every byte of the span is initialised.
            let raw = unsafe elements.bytes
            return unsafe _overrideLifetime(raw, borrowing: self)
        }
    }

    /// A new array that holds the same bytes as `source`.
    @inlinable package init(copying source: RawSpan) {
        // SAFETY: exactly `byteCount` bytes are written, and that is the count reported.
        self = unsafe [UInt8](unsafeUninitializedCapacity: source.byteCount) { buffer, count in
            count = source.byteCount
            unsafe source.withUnsafeBytes { bytes in
                unsafe UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
            }
        }
    }

    /// Appends the bytes of `source`.
    @inlinable package mutating func append(copying source: RawSpan) {
        // SAFETY: the buffer is used only inside the closure.
        unsafe source.withUnsafeBytes { bytes in unsafe self.append(contentsOf: bytes) }
    }
}

extension MutableCollection<UInt8> where Index == Int {
    /// Overwrites the bytes at `position` with a big-endian integer. Traps when they are not there.
    @inlinable
    package mutating func replace<T: FixedWidthInteger & BitwiseCopyable>(
        at position: Int, bigEndian value: T
    ) {
        var shift = T.bitWidth
        var index = position
        while shift > 0 {
            shift &-= 8
            self[index] = UInt8(truncatingIfNeeded: value >> T(truncatingIfNeeded: shift))
            index &+= 1
        }
    }
}

extension ArraySlice<UInt8> {
    /// The slice's bytes in place, for readers that take a `RawSpan`. Positions start at 0.
    @inlinable package var rawSpan: RawSpan {
        @_lifetime(borrow self)
        get {
            let elements = self.span
            // SAFETY: `UInt8` has no padding, so every byte of the span is initialised.
            let raw = unsafe elements.bytes
            return unsafe _overrideLifetime(raw, borrowing: self)
        }
    }
}

extension [UInt8]? {
    /// The array's bytes in place, if there is an array.
    @inlinable package var rawSpan: RawSpan? {
        @_lifetime(borrow self)
        get {
            switch self {
            case .some(let bytes): unsafe _overrideLifetime(bytes.rawSpan, borrowing: self)
            case .none: nil
            }
        }
    }
}
