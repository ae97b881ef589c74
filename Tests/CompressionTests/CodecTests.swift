import Bytes
import Compression
import Testing

@Suite("Codec")
struct CodecTests {
    @Test
    func `the numbers are Kafka's`() {
        #expect(Codec.allCases.map(\.rawValue) == [0, 1, 2, 3, 4])
        #expect(Codec.allCases == [.none, .gzip, .snappy, .lz4, .zstd])
    }

    @Test(arguments: Codec.allCases, [0, 1, 100, 70_000, 1 << 20])
    func `what was compressed comes back`(codec: Codec, count: Int) throws {
        for bytes in [Sample.random(count), Array(Sample.events(count).prefix(count))] {
            let compressed = encoded(bytes, by: codec)

            let result = try codec.decompress(compressed.rawSpan, limit: count)

            #expect(result == bytes)
        }
    }

    @Test(arguments: [Codec.gzip, .lz4, .zstd])
    func `streams one behind the other are one`(codec: Codec) throws {
        let parts = [Sample.events(3000), [], Sample.random(500), Sample.events(90_000)]

        let compressed = parts.flatMap { encoded($0, by: codec) }
        let result = try codec.decompress(compressed.rawSpan, limit: 1 << 20)

        #expect(result == parts.flatMap { $0 })
    }

    @Test
    func `a zstd frame need not say how much it holds`() throws {
        for count in [0, 1, 5000, 3 << 20] {
            let bytes = [UInt8](repeating: 7, count: count)

            let result = try Codec.zstd.decompress(zstdOfUnknownSize(bytes).rawSpan, limit: count)

            #expect(result == bytes)
        }
    }

    @Test
    func `snappy is read in the framing of Kafka's Java clients too`() throws {
        let parts = [Sample.events(32_768), Sample.random(100), Sample.events(5000)]

        let several = try Codec.snappy.decompress(framedSnappy(parts).rawSpan, limit: 1 << 20)
        let none = try Codec.snappy.decompress(framedSnappy([]).rawSpan, limit: 0)

        #expect(several == parts.flatMap { $0 })
        #expect(none == [])
    }

    @Test(arguments: Codec.allCases)
    func `a limit is reached exactly`(codec: Codec) throws {
        let bytes = Sample.events(50_000)
        let compressed = encoded(bytes, by: codec)

        let whole = try codec.decompress(compressed.rawSpan, limit: bytes.count)

        #expect(whole == bytes)
        #expect(throws: CompressionError.tooLarge(limit: bytes.count - 1)) {
            try codec.decompress(compressed.rawSpan, limit: bytes.count - 1)
        }
    }
}
