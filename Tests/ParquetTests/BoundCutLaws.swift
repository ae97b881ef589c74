import Bytes
import Testing

@testable import Parquet

@Suite("Parquet: cut bounds")
struct BoundCutLaws {
    private static let texts: [String] = {
        let parts = [
            "a", "z", "\u{7F}", "é", "€", "\u{D7FF}", "\u{E000}", "\u{FFFF}", "😀", "\u{10FFFF}",
        ]
        var texts: [String] = []
        for first in parts {
            for second in parts {
                for third in parts { texts.append(first + second + third + first + second) }
            }
        }
        return texts
    }()

    @Test(arguments: 1...12)
    func `a cut text remains a bound and remains text`(byteCountMax: Int) {
        for text in Self.texts {
            let bytes = Array(text.utf8)

            let low = BoundCut.smallest(bytes, byteCountMax: byteCountMax, isText: true)
            let high = BoundCut.largest(bytes, byteCountMax: byteCountMax, isText: true)

            #expect(!bytes.lexicographicallyPrecedes(low))
            #expect(String(validating: low, as: UTF8.self) != nil)
            guard let high else { continue }
            #expect(!high.lexicographicallyPrecedes(bytes))
            #expect(String(validating: high, as: UTF8.self) != nil)
        }
    }

    @Test
    func `a text of nothing but the last character has no shorter upper bound`() {
        let bytes = Array(String(repeating: "\u{10FFFF}", count: 20).utf8)

        #expect(BoundCut.largest(bytes, byteCountMax: 8, isText: true) == nil)
        #expect(
            BoundCut.largest([UInt8](repeating: 0xFF, count: 20), byteCountMax: 8, isText: false)
                == nil)
    }

    @Test
    func `cut bytes are raised in the last one that can be`() {
        #expect(BoundCut.largest([1, 2, 0xFF, 0xFF, 9], byteCountMax: 4, isText: false) == [1, 3])
    }
}
