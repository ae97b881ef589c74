internal import CZstd

/// Zstandard (RFC 8878): frames and skippable frames, one after another.
package enum Zstd {
    /// What the frames of `source` hold together, if that is at most `limit` bytes.
    ///
    /// Decompresses in one step, so that a frame's claim about its window costs no memory.
    package static func decompress(
        _ source: RawSpan, limit: Int
    ) throws(CompressionError) -> [UInt8] {
        var capacity = try expectedByteCount(of: source, limit: limit)
        while true {
            var status = 0
            // SAFETY: zstd writes at most `capacity` bytes and says how many.
            let result = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
                status = unsafe source.withUnsafeBytes { bytes in
                    unsafe ZSTD_decompress(
                        buffer.baseAddress, capacity, bytes.baseAddress, bytes.count)
                }
                count = ZSTD_isError(status) == 0 ? status : 0
            }
            if ZSTD_isError(status) == 0 { return result }
            switch ZSTD_getErrorCode(status) {
            case ZSTD_error_dstSize_tooSmall:
                guard capacity < limit else { throw .tooLarge(limit: limit) }
                capacity = min(limit, capacity * 4)
            case ZSTD_error_memory_allocation: throw .outOfMemory
            default: throw .malformed
            }
        }
    }

    /// What the first frame says it holds, or a guess; at least 1 and at most `limit`, or 1.
    private static func expectedByteCount(
        of source: RawSpan, limit: Int
    ) throws(CompressionError) -> Int {
        // SAFETY: zstd reads at most `bytes.count` bytes.
        let claimed = unsafe source.withUnsafeBytes { bytes in
            unsafe ZSTD_getFrameContentSize(bytes.baseAddress, bytes.count)
        }
        switch claimed {
        case frameIsMalformed: throw .malformed
        case byteCountIsUnknown: return max(1, min(limit, source.byteCount * 8))
        default:
            guard claimed <= UInt64(limit) else { throw .tooLarge(limit: limit) }
            return max(1, Int(claimed))
        }
    }

    // The C macros ZSTD_CONTENTSIZE_UNKNOWN and ZSTD_CONTENTSIZE_ERROR, which are expressions.
    private static let byteCountIsUnknown = UInt64.max
    private static let frameIsMalformed = UInt64.max - 1
}
