internal import Bytes
internal import Compression

/// Compresses the pages of one file, one after another.
struct PageCompressor: ~Copyable {
    let number: CodecNumber
    private var zstd: ZstdCompressor?

    init(_ codec: WriterOptions.Codec) {
        switch codec {
        case .uncompressed:
            number = .uncompressed
            zstd = nil
        case .snappy:
            number = .snappy
            zstd = nil
        case .zstd(let level):
            number = .zstd
            zstd = ZstdCompressor(effort: .level(level))
        }
    }

    mutating func compress(_ page: [UInt8]) -> [UInt8] {
        switch number {
        case .snappy: Snappy.compress(page.rawSpan)
        case .zstd: zstd?.compress(page.rawSpan) ?? page
        default: page
        }
    }
}
