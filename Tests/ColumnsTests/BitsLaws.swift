import Testing

@testable import Columns

@Suite("Columns: bits")
struct BitsLaws {
    /// Bits that differ from place to place without a short period.
    private func pattern(_ count: Int) -> [Bool] {
        (0..<count).map { $0 * $0 % 7 < 3 || $0 % 97 < 40 }
    }

    @Test(arguments: [0, 1, 7, 63, 64, 65, 128, 200])
    func `every bit is what was appended, and every word is its bits`(count: Int) {
        let expected = pattern(count)
        var bits = Bits()

        for bit in expected { bits.append(bit) }

        #expect((0..<count).map { bits[$0] } == expected)
        for position in 0..<count {
            let word = bits.word(at: position)
            for offset in 0..<64 where position + offset < count {
                #expect((word >> UInt64(offset) & 1 == 1) == expected[position + offset])
            }
        }
    }

    @Test
    func `ones are counted in every range`() {
        let expected = pattern(150)
        var bits = Bits()
        for bit in expected { bits.append(bit) }

        for start in 0...150 {
            for end in start...150 {
                #expect(bits.ones(in: start..<end) == expected[start..<end].count { $0 })
            }
        }
    }

    @Test(arguments: [0, 1, 63, 64, 65, 130], [0, 1, 64, 100, 200])
    func `repeated bits are the same as single ones`(before: Int, count: Int) {
        var repeated = Bits()
        var single = Bits()
        for bit in pattern(before) {
            repeated.append(bit)
            single.append(bit)
        }

        repeated.append(repeating: true, count: count)
        for _ in 0..<count { single.append(true) }

        #expect(repeated == single)
    }

    @Test(arguments: [0, 1, 64, 70])
    func `validity is the same whether the first null comes early or late`(before: Int) {
        var validity = Validity()

        validity.appendValues(before)
        validity.appendNulls(3)
        validity.appendValue()

        #expect(validity.count == before + 4)
        #expect(validity.nullCount == 3)
        #expect(
            (0..<validity.count).map { validity[$0] }
                == (0..<validity.count).map { !(before..<before + 3).contains($0) })
        #expect(validity.valueCount(in: 0..<validity.count) == before + 1)
    }
}
