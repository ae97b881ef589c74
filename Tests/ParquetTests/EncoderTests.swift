import Bytes
import Columns
import Testing

@testable import Parquet

/// Decodes in the plainest way, as a second opinion.
private struct NaiveBits {
    var bytes: [UInt8]
    var position = 0

    mutating func varint() -> UInt64 {
        var (value, shift) = (UInt64(0), UInt64(0))
        while true {
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
    }

    mutating func zigzag() -> Int64 {
        let value = varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(value & 1)
    }

    mutating func packed(_ count: Int, width: Int) -> [UInt64] {
        let values = (0..<count).map { index in
            (0..<width).reduce(UInt64(0)) { value, bit in
                let place = index * width + bit
                return value | UInt64(bytes[position + place / 8] >> (place % 8) & 1) << UInt64(bit)
            }
        }
        position += (count * width + 7) / 8
        return values
    }

    mutating func hybrid(_ count: Int, width: Int) -> [UInt64] {
        var values: [UInt64] = []
        while values.count < count {
            let header = varint()
            if header & 1 == 1 {
                values += packed(Int(header >> 1) * 8, width: width)
            } else {
                var value: UInt64 = 0
                for byte in 0..<((width + 7) / 8) {
                    value |= UInt64(bytes[position]) << UInt64(byte * 8)
                    position += 1
                }
                values += [UInt64](repeating: value, count: Int(header >> 1))
            }
        }
        return Array(values.prefix(count))
    }

    mutating func deltas() -> [Int64] {
        let block = Int(varint())
        let miniblocks = Int(varint())
        let count = Int(varint())
        var values = [zigzag()]
        while values.count < count {
            let smallest = zigzag()
            let widths = (0..<miniblocks).map { Int(bytes[position + $0]) }
            position += miniblocks
            for width in widths where values.count < count {
                for delta in packed(block / miniblocks, width: width) where values.count < count {
                    values.append(values[values.count - 1] &+ smallest &+ Int64(bitPattern: delta))
                }
            }
        }
        return Array(values.prefix(count))
    }
}

@Suite("Parquet: encoders")
struct EncoderTests {
    @Test(arguments: 0...20, [1, 2, 7, 8, 30, 100, 1000])
    func `numbers survive the hybrid of runs and packed groups`(width: Int, period: Int) {
        let limit = UInt32(1) << UInt32(width)
        for count in [0, 1, 7, 8, 9, 24, 100, 999] {
            let values = (0..<count).map { UInt32($0 / period &* 2_654_435) % limit }
            var output: [UInt8] = []

            HybridEncoder.append(values.span, width: width, to: &output)

            var naive = NaiveBits(bytes: output)
            #expect(naive.hybrid(count, width: width) == values.map(UInt64.init))
            #expect(naive.position == output.count)
        }
    }

    @Test(arguments: [1, 5, 63, 64, 128, 200, 1000], [1, 3, 64, 200, 5000])
    func `bits survive the hybrid, from any place on`(count: Int, period: Int) {
        var bits = Bits()
        for index in 0..<(count + 70) { bits.append(index / period % 2 == 0) }
        for start in [0, 1, 64, 70] {
            var output: [UInt8] = []

            HybridEncoder.append(bits, in: start..<start + count, to: &output)

            var naive = NaiveBits(bytes: output)
            let expected = (start..<start + count).map { bits[$0] ? UInt64(1) : 0 }
            #expect(naive.hybrid(count, width: 1) == expected)
        }
    }

    @Test(arguments: [1, 2, 31, 32, 33, 128, 129, 130, 300])
    func `differences survive, with every width and wrapping around`(count: Int) {
        let sequences: [[Int64]] = [
            (0..<count).map { Int64($0) * 1_000_000 },
            (0..<count).map { $0 % 2 == 0 ? .min : .max },
            (0..<count).map { Int64(truncatingIfNeeded: $0 &* $0 &* 0x1E37_79B9_7F4A_7C15) },
            (0..<count).map { _ in 5 },
        ]
        for values in sequences {
            var output: [UInt8] = []

            DeltaEncoder.append(values.span, to: &output)

            var naive = NaiveBits(bytes: output)
            #expect(naive.deltas() == values)
            #expect(naive.position == output.count)
        }
    }

    @Test
    func `differences of 32-bit numbers never need more than 32 bits`() {
        let values = (0..<200).map { $0 % 2 == 0 ? Int32.min : Int32.max }
        var output: [UInt8] = []

        DeltaEncoder.append(values.span, to: &output)

        var naive = NaiveBits(bytes: output)
        #expect(naive.deltas().map { Int32(truncatingIfNeeded: $0) } == values)
        #expect(output.count < 200 * 4 + 40)
    }

    @Test(
        arguments: [
            ("", 0xEF46_DB37_51D8_E999), ("a", 0xD24E_C4F1_A98C_6E5B),
            ("abc", 0x44BC_2CF5_AD77_0999),
            ("Nobody inspects the spammish repetition", 0xFBCE_A83C_8A37_8BF1),
        ] as [(String, UInt64)])
    func `XXH64 is that of its authors`(text: String, expected: UInt64) {
        let bytes = Array(text.utf8)
        #expect(XXH64.hash(bytes.rawSpan) == expected)
    }
}
