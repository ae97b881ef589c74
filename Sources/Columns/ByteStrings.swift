public import Bytes

/// Byte strings behind one another in one piece of memory.
@usableFromInline
package struct ByteStrings: Sendable, Equatable {
    /// All strings, without anything between them.
    @usableFromInline package private(set) var bytes: [UInt8]
    /// Where each string ends, and the next begins.
    @usableFromInline package private(set) var ends: [Int]

    /// No strings.
    @inlinable package init() {
        bytes = []
        ends = []
    }

    /// The number of strings.
    @inlinable package var count: Int { ends.count }

    /// Adds a copy of the string.
    @inlinable package mutating func append(_ string: RawSpan) {
        bytes.append(copying: string)
        ends.append(bytes.count)
    }

    /// The place of a string in `bytes`.
    @inlinable @inline(__always)
    package func range(of index: Int) -> Range<Int> {
        let start = index == 0 ? 0 : ends[index &- 1]
        return start..<ends[index]
    }

    /// One string, in place.
    @inlinable package subscript(index: Int) -> RawSpan {
        @inline(__always) @_lifetime(borrow self)
        get { bytes.rawSpan.extracting(range(of: index)) }
    }

    /// One string, copied.
    package func array(_ index: Int) -> [UInt8] { [UInt8](bytes[range(of: index)]) }

    /// Forgets all strings but the first `kept`.
    package mutating func truncate(to kept: Int) {
        precondition(kept >= 0 && kept <= count, "there are no \(kept) strings among \(count)")
        ends.removeLast(count - kept)
        bytes.removeLast(bytes.count - (ends.last ?? 0))
    }

    /// What the strings take in memory, with what is reserved for more.
    package var byteCount: Int { bytes.capacity + ends.capacity * MemoryLayout<Int>.size }
}

extension RawSpan {
    /// Whether this sorts before `other` when bytes compare as unsigned numbers.
    ///
    /// For UTF-8 that is the order of code points, and so the order of Parquet and Delta, which is
    /// not the order of Swift's `String`.
    @inlinable package func precedes(_ other: RawSpan) -> Bool { order(against: other) < 0 }

    /// Whether both hold the same bytes.
    @inlinable @inline(__always)
    package func isEqual(to other: RawSpan) -> Bool {
        let count = byteCount
        guard count == other.byteCount else { return false }
        guard count >= 8 else { return shortWord == other.shortWord }
        var position = 0
        while position < count &- 8 {
            if word(at: position) != other.word(at: position) { return false }
            position &+= 8
        }
        // The last eight bytes, some of which may have been looked at before.
        return word(at: count &- 8) == other.word(at: count &- 8)
    }

    /// The eight bytes at `position`, which has to be at least eight before the end.
    @inlinable @inline(__always)
    func word(at position: Int) -> UInt64 {
        // SAFETY: eight bytes are there, by the rule above, and any bit pattern is an integer.
        unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: UInt64.self)
    }

    /// All of at most seven bytes in one word: different bytes of one length, different words.
    @inlinable var shortWord: UInt64 {
        let count = byteCount
        if count >= 4 {
            // SAFETY: four bytes are there from each of both places.
            let first = unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: 0, as: UInt32.self)
            let last = unsafe unsafeLoadUnaligned(
                fromUncheckedByteOffset: count &- 4, as: UInt32.self)
            return UInt64(first) | UInt64(last) &<< 32
        }
        var word: UInt64 = 0
        for position in 0..<count {
            // SAFETY: `position` is below the count.
            let byte = unsafe unsafeLoad(fromUncheckedByteOffset: position, as: UInt8.self)
            word |= UInt64(byte) &<< UInt64(truncatingIfNeeded: position &* 8)
        }
        return word
    }

    /// Negative, zero or positive as this sorts before, with or after `other`.
    @inlinable package func order(against other: RawSpan) -> Int {
        let shared = min(byteCount, other.byteCount)
        var position = 0
        while position &+ 8 <= shared {
            // SAFETY: eight bytes are there in both, and any bit pattern is an integer.
            let left = unsafe unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self)
            let right = unsafe other.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self)
            if left != right { return left.bigEndian < right.bigEndian ? -1 : 1 }
            position &+= 8
        }
        while position < shared {
            // SAFETY: `position` is below both counts.
            let left = unsafe unsafeLoad(fromUncheckedByteOffset: position, as: UInt8.self)
            let right = unsafe other.unsafeLoad(fromUncheckedByteOffset: position, as: UInt8.self)
            if left != right { return left < right ? -1 : 1 }
            position &+= 1
        }
        return byteCount - other.byteCount
    }
}
