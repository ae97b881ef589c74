internal import Bytes

/// Byte strings that are kept once each, in the order in which they first came.
///
/// A table of slots, twice as many as there are strings or more; a string's slot is the first free
/// or equal one from its hash on. A slot holds the upper half of the hash beside the string's
/// number, so that nearly all comparisons that would fail do so without a look at the bytes. The
/// hash has no secret: `budget` bounds what a stranger who chooses the strings can make it cost.
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

    /// The number of `string`, which is taken in when it is new; nil when the budget is used up.
    @inlinable package mutating func number(of string: RawSpan) -> UInt32? {
        if entries.count &* 2 > mask { grow() }
        let hash = Self.hash(string)
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 {
            let found = slots[slot]
            if (found ^ hash) >> 32 == 0 {
                let number = Int(truncatingIfNeeded: found & 0xFFFF_FFFF) &- 1
                if entries[number].order(against: string) == 0 { return UInt32(number) }
            }
            slot = (slot &+ 1) & mask
        }
        guard entries.bytes.count + string.byteCount + 4 * (entries.count + 1) <= budget else {
            return nil
        }
        entries.append(string)
        slots[slot] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(entries.count)
        return UInt32(entries.count - 1)
    }

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
        var state = UInt64(truncatingIfNeeded: string.byteCount) &* 0x9E37_79B9_7F4A_7C15
        var position = 0
        while position &+ 8 <= string.byteCount {
            // SAFETY: eight bytes are there, and any bit pattern is an integer.
            let word = unsafe string.unsafeLoadUnaligned(
                fromByteOffset: position, as: UInt64.self)
            state = mix(state ^ word)
            position &+= 8
        }
        var rest: UInt64 = 0
        while position < string.byteCount {
            // SAFETY: `position` is below the count.
            let byte = unsafe string.unsafeLoad(fromUncheckedByteOffset: position, as: UInt8.self)
            rest = rest << 8 | UInt64(byte)
            position &+= 1
        }
        return mix(state ^ rest)
    }

    /// Spreads every bit of `value` over the whole product.
    @inlinable static func mix(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        return product.high ^ product.low
    }
}
