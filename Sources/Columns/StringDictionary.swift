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
    @usableFromInline package private(set) var entries: ByteStrings
    /// 0 for a free slot, else the hash's upper half over the string's number plus one.
    @usableFromInline var slots: [UInt64]
    @usableFromInline var mask: Int
    /// How many bytes of strings it takes in, with four for the length of each.
    @usableFromInline let budget: Int

    @inlinable package init(budget: Int) {
        entries = ByteStrings()
        slots = []
        mask = -1
        self.budget = budget
    }

    /// Strings that meet so often in the slots are no accident.
    @usableFromInline static var probeCountMax: Int { 128 }

    /// The number of `string`, which is taken in when it is new; nil when the budget is used up.
    @inlinable package mutating func number(of string: RawSpan) -> UInt32? {
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
    package var byteCount: Int { entries.byteCount + slots.capacity * 8 }

    @usableFromInline mutating func grow() {
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

    @inlinable static func hash(_ string: RawSpan) -> UInt64 {
        let count = string.byteCount
        var state = UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15
        guard count >= 8 else { return mix(state ^ string.shortWord) }
        var position = 0
        while position < count &- 8 {
            state = mix(state ^ string.word(at: position))
            position &+= 8
        }
        return mix(state ^ string.word(at: count &- 8))
    }

    /// Spreads every bit of `value` over the whole product.
    @inlinable static func mix(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        return product.high ^ product.low
    }
}
