internal import Bytes
internal import Columns

/// Finds fields by their object and key, when they do not come in the order of the last document.
///
/// The hash has no secret. What a stranger can make a lookup cost is bounded by the number of
/// fields, which the mapping's column limit bounds.
struct FieldIndex: Sendable {
    /// 0 for a free slot, else the field's number plus one.
    private let slots: [Int32]

    init(_ fields: [PlanField], _ keys: [UInt8]) {
        var size = 16
        while size < fields.count * 2 { size *= 2 }
        var slots = [Int32](repeating: 0, count: size)
        for (number, field) in fields.enumerated() where field.parent >= 0 {
            let key = keys[field.keyRange]
            var slot = Self.hash(field.parent, key.rawSpan) & (size - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (size - 1) }
            slots[slot] = Int32(number) + 1
        }
        self.slots = slots
    }

    /// The field called `key` in the object `parent`; -1 when there is none.
    func find(
        _ key: RawSpan, in parent: Int32, _ fields: [PlanField], _ keys: RawSpan
    ) -> Int32 {
        var slot = Self.hash(parent, key) & (slots.count - 1)
        while slots[slot] != 0 {
            let number = slots[slot] - 1
            let field = fields[Int(number)]
            if field.parent == parent, Int(field.keyByteCount) == key.byteCount,
                keys.extracting(field.keyRange).isEqual(to: key)
            {
                return number
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        return -1
    }

    /// Of a key in an object; never negative.
    static func hash(_ parent: Int32, _ key: RawSpan) -> Int {
        var state = (UInt64(truncatingIfNeeded: parent) &+ 1) &* 0x9E37_79B9_7F4A_7C15
        var position = 0
        while position &+ 8 <= key.byteCount {
            state = mix(state ^ key.littleEndian64(at: position))
            position &+= 8
        }
        var rest = UInt64(truncatingIfNeeded: key.byteCount)
        while position < key.byteCount {
            rest = rest << 8 | UInt64(key.byte(at: position))
            position &+= 1
        }
        return Int(truncatingIfNeeded: mix(state ^ rest) & 0x7FFF_FFFF)
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        return product.high ^ product.low
    }
}
