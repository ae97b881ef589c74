internal import Bytes

/// Byte strings that are kept once each, in the order in which they first came.
///
/// A table of slots, twice as many as there are strings or more; a string's slot is the first free
/// or equal one from its hash on. A slot holds the upper half of the hash beside the string's
/// number, so that nearly all comparisons that would fail do so without a look at the bytes. The
/// hash has no secret: a stranger who chooses strings that meet in one slot soon finds the
/// dictionary full, which costs nothing but the size of the file.
@usableFromInline
package struct StringDictionary: Sendable {
    /// The strings, by their number.
    @usableFromInline package private(set) var entries: ByteStrings
    /// 0 for a free slot, else the hash's upper half over the string's number plus one.
    @usableFromInline var slots: [UInt64]
    @usableFromInline var mask: Int
    /// The number plus one of the string that was last found from each of a few places.
    ///
    /// WHY: most columns repeat few strings, and for those two words of a string are enough to find
    /// it here, where its hash needs all of them.
    @usableFromInline var recent: [UInt32]
    /// How many bytes of strings it takes in, with four for the length of each.
    @usableFromInline let budget: Int

    /// No strings yet.
    @inlinable package init(budget: Int) {
        entries = ByteStrings()
        slots = []
        recent = []
        mask = -1
        self.budget = budget
    }

    /// Strings that meet so often in the slots are no accident.
    @usableFromInline static var probeCountMax: Int { 128 }

    /// The number of `string`, which is taken in when it is new; nil when the budget is used up.
    @inlinable @inline(__always)
    package mutating func number(of string: RawSpan) -> UInt32? {
        let place = Self.place(string)
        if place < recent.count {
            let found = recent[place]
            if found != 0, entries[Int(found &- 1)].isEqual(to: string) { return found &- 1 }
        }
        guard let number = search(for: string) else { return nil }
        recent[place] = number &+ 1
        return number
    }

    @usableFromInline static var recentCount: Int { 256 }

    /// Where a string stands among the recent ones.
    @inlinable @inline(__always) static func place(_ string: RawSpan) -> Int {
        let count = string.byteCount
        let hash =
            count < 8
            ? mix(string.shortWord, 0) : mix(string.word(at: 0), string.word(at: count &- 8))
        return Int(truncatingIfNeeded: hash) & (recentCount &- 1)
    }

    @usableFromInline mutating func search(for string: RawSpan) -> UInt32? {
        if entries.count &* 2 > mask { grow() }
        let hash = Self.hash(string)
        var slot = Int(truncatingIfNeeded: hash) & mask
        let start = slot
        while slots[slot] != 0 {
            let found = slots[slot]
            if (found ^ hash) >> 32 == 0 {
                let number = Int(truncatingIfNeeded: found & 0xFFFF_FFFF) &- 1
                if entries[number].isEqual(to: string) { return UInt32(number) }
            }
            slot = (slot &+ 1) & mask
        }
        guard entries.bytes.count + string.byteCount + 4 * (entries.count + 1) <= budget,
            (slot &- start) & mask < Self.probeCountMax
        else { return nil }
        entries.append(string)
        slots[slot] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(entries.count)
        return UInt32(entries.count - 1)
    }

    /// What it takes in memory, with what is reserved for more.
    package var byteCount: Int {
        entries.byteCount + slots.capacity * 8 + recent.capacity * 4
    }

    @usableFromInline mutating func grow() {
        if recent.isEmpty { recent = [UInt32](repeating: 0, count: Self.recentCount) }
        let old = slots
        slots = [UInt64](repeating: 0, count: max(64, old.count * 4))
        mask = slots.count - 1
        for number in 0..<entries.count {
            let hash = Self.hash(entries[number])
            var slot = Int(truncatingIfNeeded: hash) & mask
            while slots[slot] != 0 { slot = (slot &+ 1) & mask }
            slots[slot] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(number + 1)
        }
    }

    /// Two words at a time, because each step waits for the one before.
    @inlinable @inline(__always) static func hash(_ string: RawSpan) -> UInt64 {
        let count = string.byteCount
        var state = UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15
        guard count >= 8 else { return mix(string.shortWord, state) }
        var position = 0
        while position < count &- 16 {
            state = mix(string.word(at: position), state ^ string.word(at: position &+ 8))
            position &+= 16
        }
        // The last bytes, some of which may have been taken before.
        return mix(
            string.word(at: max(0, count &- 16)), state ^ string.word(at: count &- 8))
    }

    /// Spreads every bit of both over the whole product.
    @inlinable @inline(__always) static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = (left ^ 0xD6E8_FEB8_6659_FD93).multipliedFullWidth(
            by: right ^ 0xA24B_AED4_963E_E407)
        return product.high ^ product.low
    }
}
