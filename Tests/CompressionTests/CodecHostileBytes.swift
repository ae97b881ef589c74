import Bytes
import Compression
import TestKit
import Testing

@Suite("Codec: hostile bytes", .proves(.hostileBytesAreHarmless))
struct CodecHostileBytes {
    static let codecs = [Codec.gzip, .snappy, .lz4, .zstd]

    @Test(arguments: codecs)
    func `every prefix is malformed`(codec: Codec) {
        let compressed = encoded(Sample.events(2000), by: codec)

        for count in 0..<compressed.count {
            let prefix = Array(compressed.prefix(count))
            #expect(throws: CompressionError.malformed, "\(count) bytes") {
                try codec.decompress(prefix.rawSpan, limit: 1 << 20)
            }
        }
    }

    @Test
    func `every prefix of framed snappy that ends inside a block is malformed`() {
        let first = Sample.events(1000)
        let compressed = framedSnappy([first, Sample.events(500)])
        let ends = [16, framedSnappy([first]).count]

        for count in 0..<compressed.count where !ends.contains(count) {
            let prefix = Array(compressed.prefix(count))
            #expect(throws: CompressionError.malformed, "\(count) bytes") {
                try Codec.snappy.decompress(prefix.rawSpan, limit: 1 << 20)
            }
        }
    }

    @Test(arguments: codecs)
    func `no change of a byte traps or passes the limit`(codec: Codec) {
        let bytes = Sample.events(600)
        let limit = bytes.count + 10
        var streams = [encoded(bytes, by: codec)]
        if codec == .snappy { streams.append(framedSnappy([bytes, [1, 2, 3]])) }

        for stream in streams {
            for position in stream.indices {
                for change in [0x01, 0x80, 0xFF, 0x7F] as [UInt8] {
                    var changed = stream
                    changed[position] ^= change
                    let result = try? codec.decompress(changed.rawSpan, limit: limit)
                    #expect((result?.count ?? 0) <= limit)
                }
            }
        }
    }

    @Test(arguments: codecs, [0, 1, 1000, 1 << 20])
    func `a bomb is defused at the limit`(codec: Codec, limit: Int) {
        let bomb = encoded([UInt8](repeating: 0, count: 64 << 20), by: codec)

        #expect(throws: CompressionError.tooLarge(limit: limit)) {
            try codec.decompress(bomb.rawSpan, limit: limit)
        }
    }

    @Test(arguments: [0, 1, 1000, 1 << 20])
    func `a bomb that hides its size is defused at the limit`(limit: Int) {
        let zeros = [UInt8](repeating: 0, count: 64 << 20)
        let member = gzip([UInt8](repeating: 0, count: 1 << 20))
        let bombs: [(Codec, [UInt8])] = [
            (.zstd, zstdOfUnknownSize(zeros)),
            (.snappy, framedSnappy(Array(repeating: Array(zeros.prefix(32_768)), count: 64))),
            (.gzip, Array(repeatElement(member, count: 64).joined())),
        ]

        for (codec, bomb) in bombs {
            #expect(throws: CompressionError.tooLarge(limit: limit)) {
                try codec.decompress(bomb.rawSpan, limit: limit)
            }
        }
    }

    @Test(arguments: Codec.allCases)
    func `a limit of nothing lets nothing through`(codec: Codec) throws {
        let one = codec == .zstd ? [zstdOfUnknownSize([7])] : []
        let empty = encoded([], by: codec)

        for stream in one + [encoded([7], by: codec)] {
            #expect(throws: CompressionError.tooLarge(limit: 0)) {
                try codec.decompress(stream.rawSpan, limit: 0)
            }
        }
        #expect(try codec.decompress(empty.rawSpan, limit: 0) == [])
    }

    @Test
    func `a claim of a huge size costs nothing`() {
        // A frame head with a content size of eight bytes, and nothing behind it.
        let zstd: [UInt8] =
            [0x28, 0xB5, 0x2F, 0xFD, 0xE0] + [UInt8](repeating: 0xFF, count: 7) + [0x7F]
        let snappy: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x00]

        #expect(throws: CompressionError.tooLarge(limit: 4096)) {
            try Codec.zstd.decompress(zstd.rawSpan, limit: 4096)
        }
        #expect(throws: CompressionError.tooLarge(limit: 4096)) {
            try Codec.snappy.decompress(snappy.rawSpan, limit: 4096)
        }
    }

    @Test(arguments: [0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x0000_0001] as [UInt32])
    func `a false block length in framed snappy is malformed`(length: UInt32) {
        var stream = framedSnappy([Sample.events(1000)])
        stream.replace(at: 16, bigEndian: length)

        #expect(throws: CompressionError.malformed) {
            try Codec.snappy.decompress(stream.rawSpan, limit: 1 << 20)
        }
    }

    @Test(arguments: codecs)
    func `bytes behind the last stream are malformed`(codec: Codec) {
        let stream = encoded(Sample.events(1000), by: codec) + [0x00]

        #expect(throws: CompressionError.malformed) {
            try codec.decompress(stream.rawSpan, limit: 1 << 20)
        }
    }

    @Test(arguments: codecs, 1...8 as ClosedRange<UInt64>)
    func `random bytes never trap`(codec: Codec, seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let stream = encoded(Sample.events(3000), by: codec)

        for round in 0..<300 {
            let head = stream.prefix(Int.random(in: 0...20, using: &generator))
            let tail = Sample.random(
                Int.random(in: 0...400, using: &generator), seed: UInt64(round))
            let bytes = head + tail
            let result = try? codec.decompress(bytes.rawSpan, limit: 10_000)
            #expect((result?.count ?? 0) <= 10_000)
        }
    }
}
