import TestKit

/// The number of an event of a simulation. No two events have the same.
struct EventID: Hashable, Comparable, CustomStringConvertible {
    let number: Int

    var description: String { "e\(number)" }

    static func < (left: EventID, right: EventID) -> Bool { left.number < right.number }
}

/// What events say: a function of the seed and the event's number, so that every byte that comes
/// back can be held against what was sent.
struct Payload {
    let seed: UInt64

    private static let start = Array("{\"id\":".utf8)
    private static let foreignStart = Array("no JSON ".utf8)

    /// The bytes of an event: JSON, but for one in thirty, which no table can hold.
    func bytes(of id: EventID) -> [UInt8] {
        var random = SeededGenerator(seed: seed ^ UInt64(id.number) &* 0x9E37_79B9)
        if isForeign(id) { return Self.foreignStart + Array("\(id.number) ".utf8) }
        var text = "{\"id\":\(id.number),\"value\":\(Int.random(in: 0..<1000, using: &random))"
        // Fields come up as a run goes on, so that tables have to grow.
        let fields = 1 + id.number / 150
        let field = Int.random(in: 0..<fields, using: &random)
        text += ",\"field\(field)\":\"\(UInt32.random(in: .min ... .max, using: &random))\""
        let isLarge = Int.random(in: 0..<20, using: &random) == 0
        let size = Int.random(in: 0..<(isLarge ? 12_000 : 200), using: &random)
        text += ",\"pad\":\""
        for _ in 0..<(size / 16) {
            let word = String(UInt64.random(in: .min ... .max, using: &random), radix: 16)
            text += word
        }
        return Array((text + "\"}").utf8)
    }

    func isForeign(_ id: EventID) -> Bool { (UInt64(id.number) &+ seed) % 30 == 7 }

    /// Which event these bytes are; nil when they are none, or not all of it.
    func id(of bytes: [UInt8]) -> EventID? {
        let start = bytes.starts(with: Self.start) ? Self.start : Self.foreignStart
        guard bytes.starts(with: start) else { return nil }
        var number = 0
        for digit in bytes.dropFirst(start.count).prefix(12) {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { break }
            number = number * 10 + Int(digit - UInt8(ascii: "0"))
        }
        let id = EventID(number: number)
        return self.bytes(of: id) == bytes ? id : nil
    }
}
