import Bytes
import Compression
import Testing

@Suite("ZstdCompressor")
struct ZstdCompressorTests {
    @Test(arguments: [300, 5000, 100_000, 1 << 20])
    func `events become smaller behind a head of zeros`(count: Int) throws {
        var compressor = ZstdCompressor()
        let bytes = Sample.events(count)

        let compressed = compressor.compressIfSmaller(bytes.rawSpan, leaving: 61)

        let result = try #require(compressed)

        #expect(result.count - 61 <= bytes.count * 7 / 8)
        #expect(result.prefix(61).allSatisfy { $0 == 0 })
        #expect(try decompressed(result.dropFirst(61)) == bytes)
    }

    @Test(arguments: [0, 1, 10, 1000, 4096, 16_384, 100_000, 1 << 20])
    func `bytes without pattern are left alone`(count: Int) {
        var compressor = ZstdCompressor()

        let result = compressor.compressIfSmaller(Sample.random(count).rawSpan, leaving: 61)

        #expect(result == nil)
    }

    @Test
    func `less than an eighth is no gain`() {
        var compressor = ZstdCompressor()
        let nearly = Sample.random(900) + [UInt8](repeating: 0, count: 100)
        let enough = Sample.random(800) + [UInt8](repeating: 0, count: 200)

        let nearlyPays = pays(nearly, with: &compressor)
        #expect(nearlyPays == false)
        let enoughPays = pays(enough, with: &compressor)
        #expect(enoughPays == true)
    }

    @Test
    func `a pattern that only part of the bytes have is found`() {
        var compressor = ZstdCompressor()
        let bytes = Sample.random(50_000) + Sample.events(50_000)

        let bytesPays = pays(bytes, with: &compressor)
        #expect(bytesPays == true)
    }

    @Test(arguments: [0, 1, 1000, 100_000])
    func `a whole page is compressed even if it grows`(count: Int) throws {
        var compressor = ZstdCompressor(effort: .level(1))
        let bytes = Sample.random(count)

        let frame = compressor.compress(bytes.rawSpan)

        #expect(try decompressed(frame[...]) == bytes)
    }

    @Test
    func `one call leaves nothing behind for the next`() {
        var used = ZstdCompressor()
        for count in [10, 100_000, 3, 5000] { _ = used.compress(Sample.events(count).rawSpan) }
        _ = used.compressIfSmaller(Sample.random(100_000).rawSpan, leaving: 0)
        var fresh = ZstdCompressor()
        let bytes = Sample.events(20_000)

        let (second, first) = (used.compress(bytes.rawSpan), fresh.compress(bytes.rawSpan))

        #expect(second == first)
    }

    private func decompressed(_ frame: ArraySlice<UInt8>) throws -> [UInt8] {
        try Zstd.decompress(frame.rawSpan, limit: 2 << 20)
    }

    private func pays(_ bytes: [UInt8], with compressor: inout ZstdCompressor) -> Bool {
        compressor.compressIfSmaller(bytes.rawSpan, leaving: 0) != nil
    }
}
