public import Bytes

/// Byte strings behind one another in one piece of memory.
@usableFromInline
package struct ByteStrings: Sendable, Equatable {
    @usableFromInline package private(set) var bytes: [UInt8]
    /// Where each string ends, and the next begins.
    @usableFromInline package private(set) var ends: [Int]

    @inlinable package init() {
        bytes = []
        ends = []
    }

    @inlinable package var count: Int { ends.count }

    @inlinable package mutating func append(_ string: RawSpan) {
        bytes.append(copying: string)
        ends.append(bytes.count)
    }

    /// The place of a string in `bytes`.
    @inlinable package func range(of index: Int) -> Range<Int> {
        let start = index == 0 ? 0 : ends[index &- 1]
        return start..<ends[index]
    }

    /// One string, in place.
    @inlinable package subscript(index: Int) -> RawSpan {
        @_lifetime(borrow self)
        get { bytes.rawSpan.extracting(range(of: index)) }
    }

    /// One string, copied.
    package func array(_ index: Int) -> [UInt8] { [UInt8](bytes[range(of: index)]) }

    /// What the strings take in memory.
    package var byteCount: Int { bytes.count + ends.count * MemoryLayout<Int>.size }
}

extension RawSpan {
    /// Whether this sorts before `other` when bytes compare as unsigned numbers.
    ///
    /// For UTF-8 that is the order of code points, and so the order of Parquet and Delta, which is
    /// not the order of Swift's `String`.
    @inlinable package func precedes(_ other: RawSpan) -> Bool { order(against: other) < 0 }

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
