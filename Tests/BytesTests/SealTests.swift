import Bytes
import Testing

@Suite("Bytes: a checksum within")
struct SealTests {
    private let seal = Seal(gap: 3)

    private func sealed(_ rest: String = "{\"add\":{}}\n") -> [UInt8] {
        var bytes = Array("{\"info\":{\"\(Seal.name)\":\"\(Seal.blank)\"}}\n\(rest)".utf8)
        seal.close(&bytes)
        return bytes
    }

    @Test func `what was sealed is whole`() {
        #expect(seal.check(sealed().rawSpan) == .whole)
    }

    @Test func `one changed bit is found everywhere but in the seal's name`() {
        let bytes = sealed()
        let head = "{\"info\":{\"".utf8.count
        let name = head..<head + Seal.name.utf8.count

        for position in bytes.indices {
            for bit in 0..<8 {
                var hurt = bytes
                hurt[position] ^= 1 << UInt8(bit)
                let expected = name.contains(position) ? Seal.Verdict.unsealed : .broken
                #expect(seal.check(hurt.rawSpan) == expected)
            }
        }
    }

    @Test func `every prefix is broken or without a seal`() {
        let bytes = sealed()

        for count in 0..<bytes.count {
            #expect(seal.check(bytes.rawSpan.extracting(0..<count)) != .whole)
        }
    }

    @Test func `a name behind the head is somebody's data`() {
        let data = "{\"add\":{\"\(Seal.name)\":\"deadbeef\"}}\n"
        var bytes = Array("{\"info\":{\"\(Seal.name)\":\"\(Seal.blank)\"}}\n\(data)".utf8)
        let head = bytes.firstIndex(of: UInt8(ascii: "\n"))

        seal.close(&bytes, headByteCount: head)

        #expect(seal.check(bytes.rawSpan, headByteCount: head) == .whole)
        #expect(bytes.suffix(data.utf8.count) == Array(data.utf8)[...])
    }
}
