extension Array where Element: FixedWidthInteger & BitwiseCopyable {
    /// Appends the integers whose bytes `source` holds, lowest first. Traps when one is cut off.
    @inlinable package mutating func append(littleEndian source: RawSpan) {
        // SAFETY: any bit pattern is a valid integer.
        unsafe appendElements(of: source)
    }
}

extension [Float] {
    /// Appends the floats whose bytes `source` holds, lowest first. Traps when one is cut off.
    @inlinable package mutating func append(littleEndian source: RawSpan) {
        // SAFETY: any bit pattern is a valid float.
        unsafe appendElements(of: source)
    }
}

extension [Double] {
    /// Appends the doubles whose bytes `source` holds, lowest first. Traps when one is cut off.
    @inlinable package mutating func append(littleEndian source: RawSpan) {
        // SAFETY: any bit pattern is a valid double.
        unsafe appendElements(of: source)
    }
}

extension Array where Element: BitwiseCopyable {
    /// Appends the elements whose bytes `source` holds in the machine's order, which is
    /// little-endian. Every bit pattern has to be a valid element.
    @unsafe @inlinable mutating func appendElements(of source: RawSpan) {
        let size = MemoryLayout<Element>.stride
        precondition(source.byteCount % size == 0, "the last of the elements is cut off")
        append(addingCapacity: source.byteCount / size) { output in
            for index in 0..<(source.byteCount / size) {
                // SAFETY: the element lies within the source, and the caller has promised that its
                // bits are valid.
                output.append(
                    unsafe source.unsafeLoadUnaligned(
                        fromUncheckedByteOffset: index &* size, as: Element.self))
            }
        }
    }
}

extension RawSpan {
    /// Up to eight bytes from `position`, the first in the lowest bits; beyond the end there are
    /// zeros.
    @inlinable package func littleEndianWord(at position: Int) -> UInt64 {
        precondition(position >= 0 && position <= byteCount, "there is no byte \(position)")
        if position &+ 8 <= byteCount {
            // SAFETY: eight bytes are there, and any bit pattern is an integer.
            return unsafe unsafeLoadUnaligned(
                fromUncheckedByteOffset: position, as: UInt64.self)
        }
        var word: UInt64 = 0
        for index in position..<byteCount {
            // SAFETY: `index` is below the count.
            let byte = unsafe unsafeLoad(fromUncheckedByteOffset: index, as: UInt8.self)
            word |= UInt64(byte) &<< UInt64(truncatingIfNeeded: (index &- position) &* 8)
        }
        return word
    }
}
