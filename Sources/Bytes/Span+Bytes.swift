extension Span where Element: FixedWidthInteger & BitwiseCopyable {
    /// The elements' bytes in place, in the machine's order, which is little-endian.
    @inlinable package var rawSpan: RawSpan {
        @_lifetime(copy self)
        get {
            // SAFETY: an integer has no padding, so every byte of the span is initialised.
            unsafe self.bytes
        }
    }
}

extension Span<Double> {
    /// The elements' bytes in place, in the machine's order, which is little-endian.
    @inlinable package var rawSpan: RawSpan {
        @_lifetime(copy self)
        get {
            // SAFETY: a double has no padding, so every byte of the span is initialised.
            unsafe self.bytes
        }
    }
}

extension Span<Float> {
    /// The elements' bytes in place, in the machine's order, which is little-endian.
    @inlinable package var rawSpan: RawSpan {
        @_lifetime(copy self)
        get {
            // SAFETY: a float has no padding, so every byte of the span is initialised.
            unsafe self.bytes
        }
    }
}

extension [UInt8] {
    /// Appends the bytes of `value`, lowest first.
    @inlinable
    package mutating func append<T: FixedWidthInteger & BitwiseCopyable>(littleEndian value: T) {
        var rest = value
        for _ in 0..<MemoryLayout<T>.size {
            append(UInt8(truncatingIfNeeded: rest))
            rest = T.bitWidth > 8 ? rest >> 8 : 0
        }
    }
}
