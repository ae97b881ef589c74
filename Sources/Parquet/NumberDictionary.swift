/// Numbers the different values of a column in the order in which they first come.
///
/// Floats are compared by their bits: both zeros and every NaN are values of their own. The hash
/// has no secret, so values that meet too often in the slots end the dictionary, like a full
/// budget.
struct NumberDictionary<Value: FixedWidthInteger & UnsignedInteger> {
    private(set) var entries: [Value] = []
    /// The number of each value of a prefix of the column; all of it, unless the budget was too
    /// small.
    private(set) var numbers: [UInt32] = []
    private var slots = [Slot](repeating: Slot(), count: 1 << 10)

    private struct Slot {
        var value: Value = 0
        /// The value's number plus one; 0 in a free slot.
        var number: UInt32 = 0
    }

    private static var probeCountMax: Int { 128 }

    /// `pattern` gives the bits by which values are told apart.
    init<Source>(_ values: Span<Source>, budget: Int, _ pattern: (Source) -> Value) {
        let entryCountMax = budget / MemoryLayout<Value>.size
        var numbers: [UInt32] = []
        numbers.append(addingCapacity: values.count) { output in
            var last = Slot()
            for index in values.indices {
                let value = pattern(values[index])
                if last.value != value || last.number == 0 {
                    let number = number(of: value, entryCountMax)
                    guard number != 0 else { return }
                    last = Slot(value: value, number: number)
                }
                output.append(last.number &- 1)
            }
        }
        self.numbers = numbers
    }

    /// The number of a value plus one; 0 when there is no room for it.
    private mutating func number(of value: Value, _ entryCountMax: Int) -> UInt32 {
        let mask = slots.count &- 1
        let start = Self.hash(value) & mask
        var slot = start
        while slots[slot].number != 0 {
            if slots[slot].value == value { return slots[slot].number }
            slot = (slot &+ 1) & mask
        }
        guard entries.count < entryCountMax, (slot &- start) & mask < Self.probeCountMax else {
            return 0
        }
        entries.append(value)
        let number = UInt32(entries.count)
        slots[slot] = Slot(value: value, number: number)
        if entries.count * 2 > mask { grow() }
        return number
    }

    private mutating func grow() {
        slots = [Slot](repeating: Slot(), count: slots.count * 2)
        let mask = slots.count - 1
        for (number, value) in entries.enumerated() {
            var slot = Self.hash(value) & mask
            while slots[slot].number != 0 { slot = (slot + 1) & mask }
            slots[slot] = Slot(value: value, number: UInt32(number + 1))
        }
    }

    private static func hash(_ value: Value) -> Int {
        let product = UInt64(truncatingIfNeeded: value).multipliedFullWidth(
            by: 0x9E37_79B9_7F4A_7C15)
        return Int(truncatingIfNeeded: product.high ^ product.low)
    }
}
