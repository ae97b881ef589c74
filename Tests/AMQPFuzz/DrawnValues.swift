package import AMQP
package import TestKit

/// Values of all types, which follow from a generator.
package enum DrawnValues {
    /// A value whose lists and maps lie at most `depth` deep.
    package static func value(
        _ generator: inout SeededGenerator, depth: Int = 4
    ) -> AMQPValue {
        switch Int.random(in: 0..<(depth > 0 ? 26 : 21), using: &generator) {
        case 0: .null
        case 1: .boolean(Bool.random(using: &generator))
        case 2: .ubyte(integer(&generator))
        case 3: .ushort(integer(&generator))
        case 4: .uint(integer(&generator))
        case 5: .ulong(integer(&generator))
        case 6: .byte(integer(&generator))
        case 7: .short(integer(&generator))
        case 8: .int(integer(&generator))
        case 9: .long(integer(&generator))
        case 10: .float(Float(integer(&generator, as: Int32.self)) / 8)
        case 11: .double(Double(integer(&generator, as: Int64.self)) / 8)
        case 12: .decimal32(integer(&generator))
        case 13: .decimal64(integer(&generator))
        case 14: .decimal128(UInt128(generator.next()) << 64 | UInt128(generator.next()))
        case 15: .char(integer(&generator))
        case 16: .timestamp(integer(&generator))
        case 17: .uuid(UInt128(generator.next()) << 64 | UInt128(generator.next()))
        case 18: .binary(generator.bytes(length(&generator)))
        case 19: .string(text(&generator))
        case 20: .symbol(Symbol(ascii(&generator)))
        case 21, 22: .list(list(&generator, depth: depth - 1))
        case 23: .map(map(&generator, depth: depth - 1))
        case 24: .array(array(&generator, depth: depth - 1))
        default:
            .described(value(&generator, depth: 0), value(&generator, depth: depth - 1))
        }
    }

    /// Pairs of any values.
    package static func map(_ generator: inout SeededGenerator, depth: Int) -> AMQPMap {
        AMQPMap(
            (0..<Int.random(in: 0..<6, using: &generator)).map { _ in
                AMQPMap.Pair(
                    value(&generator, depth: min(depth, 0)), value(&generator, depth: depth))
            })
    }

    /// Text of all kinds of characters.
    package static func text(_ generator: inout SeededGenerator) -> String {
        let letters = Array("aZ09 -_$é日😀\u{0}\n")
        return String(
            (0..<length(&generator)).map { _ in
                letters[Int.random(in: 0..<letters.count, using: &generator)]
            })
    }

    private static func ascii(_ generator: inout SeededGenerator) -> String {
        String(
            decoding: generator.bytes(length(&generator)).map { $0 & 0x7F }, as: UTF8.self)
    }

    private static func list(_ generator: inout SeededGenerator, depth: Int) -> [AMQPValue] {
        (0..<Int.random(in: 0..<8, using: &generator)).map { _ in value(&generator, depth: depth) }
    }

    private static func array(_ generator: inout SeededGenerator, depth: Int) -> AMQPArray {
        let count = Int.random(in: 0..<300, using: &generator) / 30
        if Bool.random(using: &generator) {
            return AMQPArray(strings: (0..<count).map { _ in text(&generator) })
        }
        return AMQPArray(symbols: (0..<count).map { _ in Symbol(ascii(&generator)) })
    }

    /// Small numbers, which have encodings of their own, the ends of the type, and any.
    private static func integer<T: FixedWidthInteger>(
        _ generator: inout SeededGenerator, as _: T.Type = T.self
    ) -> T {
        switch Int.random(in: 0..<8, using: &generator) {
        case 0: 0
        case 1: T.max
        case 2: T.min
        case 3, 4: T(truncatingIfNeeded: Int.random(in: -130...260, using: &generator))
        default: T(truncatingIfNeeded: generator.next())
        }
    }

    /// Around the places where a length changes its width.
    private static func length(_ generator: inout SeededGenerator) -> Int {
        switch Int.random(in: 0..<20, using: &generator) {
        case 0: Int.random(in: 250...260, using: &generator)
        case 1: Int.random(in: 0...2000, using: &generator)
        default: Int.random(in: 0...20, using: &generator)
        }
    }
}
