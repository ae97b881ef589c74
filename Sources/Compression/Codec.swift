internal import Bytes

/// How the records of a batch are compressed, in Kafka's numbering.
///
/// Kafka protocol guide, "Record Batch": bits 0-2 of the attributes.
package enum Codec: UInt8, CaseIterable, Sendable {
    case none = 0
    case gzip = 1
    case snappy = 2
    case lz4 = 3
    case zstd = 4

    /// What `source` holds, if that is at most `limit` bytes.
    ///
    /// `source` comes from a stranger. It is never believed about its size: the result grows no
    /// further than `limit`, whatever it claims, and a moment of growth holds at most twice that.
    /// Beside the result a codec works in memory of its own, at most 8.2 MiB (lz4).
    package func decompress(_ source: RawSpan, limit: Int) throws(CompressionError) -> [UInt8] {
        precondition(limit >= 0, "a limit cannot be negative: \(limit)")
        // WHY: zlib counts in 32 bits. Nothing that is stored comes near.
        guard source.byteCount <= Int(Int32.max) else { throw .malformed }
        switch self {
        case .none:
            guard source.byteCount <= limit else { throw .tooLarge(limit: limit) }
            return [UInt8](copying: source)
        case .gzip: return try Gzip.decompress(source, limit: limit)
        case .snappy: return try Snappy.decompressKafka(source, limit: limit)
        case .lz4: return try LZ4Frame.decompress(source, limit: limit)
        case .zstd: return try Zstd.decompress(source, limit: limit)
        }
    }
}
