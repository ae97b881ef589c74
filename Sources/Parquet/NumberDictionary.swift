/// Numbers the different values of a column in the order in which they first come.
///
/// Floats are compared by their bits: both zeros and every NaN are values of their own. The hash has
/// no secret, so values that meet too often in the slots end the dictionary, like a full budget.
struct NumberDictionary<Value: FixedWidthInteger & UnsignedInteger> {
    private(set) var entries: [Value] = []
    /// The number of each value of a prefix of the column; all of it, unless the budget was too
    /// small.
    private(set) var numbers: [UInt32] = []

    /// `pattern` gives the bits by which values are told apart.
    init<Source>(_ values: Span<Source>, budget: Int, _ pattern: (Source) -> Value) {
        let entryCountMax = budget / MemoryLayout<Value>.size
        numbers.reserveCapacity(values.count)
        var slots = [UInt32](repeating: 0, count: 1 << 10)
        var mask = slots.count - 1
        var last: (value: Value, number: UInt32)?
        for index in values.indices {
            let value = pattern(values[index])
            if let last, last.value == value {
                numbers.append(last.number)
                continue
            }
            let start = Self.hash(value) & mask
            var slot = start
            while slots[slot] != 0 && entries[Int(slots[slot] &- 1)] != value {
                slot = (slot &+ 1) & mask
            }
            if slots[slot] == 0 {
                guard entries.count < entryCountMax,
                    (slot &- start) & mask < Self.probeCountMax
                else { return }
                entries.append(value)
                slots[slot] = UInt32(entries.count)
                numbers.append(slots[slot] &- 1)
                last = (value, slots[slot] &- 1)
                if entries.count * 2 > mask { (slots, mask) = grown(from: slots.count) }
            } else {
                numbers.append(slots[slot] &- 1)
                last = (value, slots[slot] &- 1)
            }
        }
    }

    private static var probeCountMax: Int { 128 }

    private func grown(from count: Int) -> (slots: [UInt32], mask: Int) {
        var slots = [UInt32](repeating: 0, count: count * 4)
        let mask = slots.count - 1
        for (number, value) in entries.enumerated() {
            var slot = Self.hash(value) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = UInt32(number + 1)
        }
        return (slots, mask)
    }

    private static func hash(_ value: Value) -> Int {
        let product = UInt64(truncatingIfNeeded: value).multipliedFullWidth(
            by: 0x9E37_79B9_7F4A_7C15)
        return Int(truncatingIfNeeded: product.high ^ product.low)
    }
}
