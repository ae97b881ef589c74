import AMQP
import Bytes
import TestKit

/// Draws legal AMQP messages, in encodings that our own writer would not choose as well.
struct MessageGenerator {
    var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &random) < percent
    }

    mutating func message() -> [UInt8] {
        var bytes: [UInt8] = []
        if chance(30) { bytes += section(0x70, [0xC0, 0x02, 0x01, 0x41]) }
        if chance(20) { bytes += section(0x71, map(symbols: true)) }
        if chance(50) { bytes += section(0x72, map(symbols: true)) }
        if chance(40) { bytes += properties() }
        if chance(50) { bytes += section(0x74, map(symbols: false)) }
        bytes += body()
        if chance(10) { bytes += section(0x78, map(symbols: true)) }
        return bytes
    }

    /// Mostly with the short descriptor; sometimes in one of the legal long ways.
    mutating func section(_ code: UInt8, _ value: [UInt8]) -> [UInt8] {
        switch Int.random(in: 0..<20, using: &random) {
        case 0: [0, 0x80, 0, 0, 0, 0, 0, 0, 0, code] + value
        default: [0, 0x53, code] + value
        }
    }

    mutating func body() -> [UInt8] {
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return section(0x77, value())
        case 1: return section(0x76, [0xC0, 0x02, 0x01, 0x40]) + section(0x76, [0x45])
        case 2: return section(0x75, binary()) + section(0x75, binary())
        case 3: return []
        default: return section(0x75, binary())
        }
    }

    mutating func binary() -> [UInt8] {
        let count = Int.random(in: 0...400, using: &random)
        let bytes = random.bytes(count)
        if count <= 255, chance(80) { return [0xA0, UInt8(count)] + bytes }
        return [0xB0, 0, 0, UInt8(count >> 8), UInt8(count & 255)] + bytes
    }

    mutating func text(_ short: UInt8, _ long: UInt8) -> [UInt8] {
        let count = Int.random(in: 0...12, using: &random)
        let bytes = (0..<count).map { _ in UInt8.random(in: 0x61...0x7A, using: &random) }
        if chance(80) { return [short, UInt8(count)] + bytes }
        return [long, 0, 0, 0, UInt8(count)] + bytes
    }

    mutating func map(symbols: Bool) -> [UInt8] {
        let count = Int.random(in: 0...6, using: &random)
        var content: [UInt8] = []
        for _ in 0..<count {
            content += symbols ? text(0xA3, 0xB3) : text(0xA1, 0xB1)
            content += value()
        }
        if content.count < 255, chance(60) {
            return [0xC1, UInt8(content.count + 1), UInt8(count * 2)] + content
        }
        let size = content.count + 4
        return [0xD1, 0, 0, UInt8(size >> 8), UInt8(size & 255), 0, 0, 0, UInt8(count * 2)]
            + content
    }

    mutating func properties() -> [UInt8] {
        var fields: [UInt8] = text(0xA1, 0xB1)
        fields += [0x40, 0x40, 0x40, 0x40, 0x40, 0x40, 0x40, 0x40]
        fields += chance(50) ? [0x83] + random.bytes(8) : [0x40]
        return section(0x73, [0xC0, UInt8(fields.count + 1), 10] + fields)
    }

    /// A value of any type, char and decimals included, and described ones.
    mutating func value() -> [UInt8] {
        let fixed: [(UInt8, Int)] = [
            (0x40, 0), (0x41, 0), (0x42, 0), (0x43, 0), (0x44, 0), (0x50, 1), (0x51, 1), (0x52, 1),
            (0x53, 1), (0x54, 1), (0x55, 1), (0x60, 2), (0x61, 2), (0x70, 4), (0x71, 4), (0x72, 4),
            (0x73, 4), (0x74, 4), (0x80, 8), (0x81, 8), (0x82, 8), (0x83, 8), (0x84, 8),
            (0x94, 16), (0x98, 16),
        ]
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return text(0xA1, 0xB1)
        case 1: return text(0xA3, 0xB3)
        case 2: return [0xA0, 3] + random.bytes(3)
        case 3: return [0x00] + text(0xA3, 0xA3 | 0x10) + [0x55, 7]
        case 4: return [0xC1, 0x05, 0x02, 0xA1, 0x01, 0x61, 0x40]
        case 5: return [0xE0, 0x04, 0x02, 0x50, 0x01, 0x02]
        default:
            let (code, count) = fixed[Int.random(in: 0..<fixed.count, using: &random)]
            return [code] + random.bytes(count)
        }
    }
}
