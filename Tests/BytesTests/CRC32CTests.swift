import Bytes
import Testing

@Suite("CRC32C")
struct CRC32CTests {
    /// The first is the check value of the CRC catalogues, the others are of RFC 3720, B.4.
    @Test(
        arguments: [
            (Array("123456789".utf8), 0xE306_9283),
            ([], 0),
            ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
            ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
            ([UInt8](0..<32), 0x46DD_794E),
            ([UInt8]((0..<32).reversed()), 0x113F_DB5C),
        ] as [([UInt8], UInt32)])
    func `the published values come out, with the instruction and without`(
        bytes: [UInt8], expected: UInt32
    ) {
        let fast = CRC32C.checksum(bytes.rawSpan)
        let portable = CRC32C.portableChecksum(bytes.rawSpan)

        #expect(fast == expected)
        #expect(portable == expected)
    }

    /// The lengths cross the borders of the lanes, 3 times 256 and 3 times 8,192 bytes.
    @Test
    func `both paths agree at every length and alignment`() {
        let bytes = (0..<60_000).map { UInt8(truncatingIfNeeded: $0 &* $0 &* 31 &+ $0 >> 3) }
        let lengths = Array(0...1600) + Array(24_570...24_590) + [49_151, 49_152, 49_153, 59_990]

        for length in lengths {
            for start in [0, 1, 7] {
                let part = bytes[start..<(start + length)]
                let fast = CRC32C.checksum(part.rawSpan)
                let portable = CRC32C.portableChecksum(part.rawSpan)
                #expect(fast == portable, "\(length) bytes from \(start)")
            }
        }
    }

    @Test
    func `a checksum made in pieces is that of the whole`() {
        let bytes = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let whole = CRC32C.checksum(bytes.rawSpan)

        for cut in stride(from: 0, through: bytes.count, by: 97) {
            let (head, tail) = (bytes[..<cut], bytes[cut...])

            let extended = CRC32C.extend(CRC32C.checksum(head.rawSpan), by: tail.rawSpan)

            #expect(extended == whole)
        }
    }

    @Test
    func `an integer counts as its big-endian bytes`() {
        let bytes: [UInt8] = [0x01, 0x02, 0x03, 0x04]

        let expected = CRC32C.checksum(bytes.rawSpan)

        #expect(CRC32C.extend(0, byBigEndian: UInt32(0x0102_0304)) == expected)
    }
}
