/// Booleans, 64 to a word, the first in the lowest bit.
@usableFromInline
package struct Bits: Sendable, Equatable {
    /// Bits beyond `count` are clear.
    @usableFromInline package private(set) var words: [UInt64]
    @usableFromInline package private(set) var count: Int

    /// None.
    @inlinable package init() {
        words = []
        count = 0
    }

    /// The same bit `count` times.
    @inlinable package init(repeating bit: Bool, count: Int) {
        self.init()
        append(repeating: bit, count: count)
    }

    /// Adds one bit.
    @inlinable package mutating func append(_ bit: Bool) {
        if count & 63 == 0 { words.append(0) }
        words[count >> 6] |= (bit ? 1 : 0) << UInt64(truncatingIfNeeded: count & 63)
        count &+= 1
    }

    /// Adds the same bit so many times.
    @inlinable package mutating func append(repeating bit: Bool, count more: Int) {
        var left = more
        while left > 0 && count & 63 != 0 {
            append(bit)
            left &-= 1
        }
        for _ in 0..<(left >> 6) { words.append(bit ? .max : 0) }
        count &+= left & ~63
        for _ in 0..<(left & 63) { append(bit) }
    }

    /// One bit. Traps when there is none.
    @inlinable package subscript(index: Int) -> Bool {
        precondition(index >= 0 && index < count, "there is no bit \(index) among \(count)")
        return words[index >> 6] >> UInt64(truncatingIfNeeded: index & 63) & 1 == 1
    }

    /// Up to 64 bits from `position`, the first in the lowest bit; beyond the end there are zeros.
    @inlinable package func word(at position: Int) -> UInt64 {
        let index = position >> 6
        let shift = UInt64(truncatingIfNeeded: position & 63)
        guard index < words.count else { return 0 }
        let low = words[index] >> shift
        guard shift > 0, index &+ 1 < words.count else { return low }
        return low | words[index &+ 1] << (64 &- shift)
    }

    /// Forgets all bits but the first `kept`.
    @inlinable package mutating func truncate(to kept: Int) {
        precondition(kept >= 0 && kept <= count, "there are no \(kept) bits among \(count)")
        words.removeLast(words.count &- ((kept &+ 63) >> 6))
        // An append sets bits, and relies on those behind the last one being clear.
        if kept & 63 != 0 { words[kept >> 6] &= (1 &<< UInt64(kept & 63)) &- 1 }
        count = kept
    }

    /// What the bits take in memory, with what is reserved for more.
    @inlinable package var byteCount: Int { words.capacity &* 8 }

    /// How many bits of `range` are set.
    @inlinable package func ones(in range: Range<Int>) -> Int {
        precondition(range.upperBound <= count, "\(range) is not within \(count) bits")
        var total = 0
        var position = range.lowerBound
        while position < range.upperBound {
            let taken = min(64, range.upperBound &- position)
            let mask: UInt64 = taken == 64 ? .max : (1 &<< UInt64(taken)) &- 1
            total &+= (word(at: position) & mask).nonzeroBitCount
            position &+= taken
        }
        return total
    }
}

/// Which places of a column hold a value. Costs nothing while all of them do.
@usableFromInline
package struct Validity: Sendable {
    /// How many there are.
    @usableFromInline package private(set) var count: Int
    @usableFromInline package private(set) var nullCount: Int
    /// Empty until the first null.
    @usableFromInline var bits: Bits

    /// No places.
    @inlinable package init() {
        count = 0
        nullCount = 0
        bits = Bits()
    }

    /// Adds a place that holds a value.
    @inlinable package mutating func appendValue() {
        if nullCount > 0 { bits.append(true) }
        count &+= 1
    }

    /// Adds so many places that hold values.
    @inlinable package mutating func appendValues(_ more: Int) {
        if nullCount > 0 { bits.append(repeating: true, count: more) }
        count &+= more
    }

    /// Adds a place without a value.
    @inlinable package mutating func appendNull() { appendNulls(1) }

    /// Adds so many places without a value.
    @inlinable package mutating func appendNulls(_ more: Int) {
        guard more > 0 else { return }
        if nullCount == 0 { bits = Bits(repeating: true, count: count) }
        bits.append(repeating: false, count: more)
        nullCount &+= more
        count &+= more
    }

    /// What it takes in memory, with what is reserved for more.
    @inlinable package var byteCount: Int { bits.byteCount }

    /// Forgets all places but the first `kept`.
    @inlinable package mutating func truncate(to kept: Int) {
        precondition(kept >= 0 && kept <= count, "there are no \(kept) places among \(count)")
        if nullCount > 0 {
            nullCount &-= count &- kept &- valueCount(in: kept..<count)
            bits.truncate(to: kept)
            // Without nulls there are no bits, so that `appendValue` need not keep them up.
            if nullCount == 0 { bits = Bits() }
        }
        count = kept
    }

    /// Whether the place holds a value.
    @inlinable package subscript(index: Int) -> Bool {
        precondition(index >= 0 && index < count, "there is no place \(index) among \(count)")
        return nullCount == 0 || bits[index]
    }

    /// How many of the places hold a value.
    @inlinable package func valueCount(in places: Range<Int>) -> Int {
        nullCount == 0 ? places.count : bits.ones(in: places)
    }

    /// The bits of up to 64 places from `position`, the first in the lowest bit.
    @inlinable package func word(at position: Int) -> UInt64 {
        nullCount == 0 ? .max : bits.word(at: position)
    }
}
