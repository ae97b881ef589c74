internal import CLZ4

/// The LZ4 frame format, version 1.6.x: frames and skippable frames, one after another.
///
/// Not the raw block format, which has no magic number and does not know its size.
package enum LZ4Frame {
    /// What the frames of `source` hold together, if that is at most `limit` bytes.
    package static func decompress(
        _ source: RawSpan, limit: Int
    ) throws(CompressionError) -> [UInt8] {
        var created: OpaquePointer?
        let status = unsafe LZ4F_createDecompressionContext(&created, UInt32(LZ4F_VERSION))
        guard LZ4F_isError(status) == 0, let context = unsafe created else {
            throw .outOfMemory
        }
        defer { unsafe LZ4F_freeDecompressionContext(context) }

        var output = BoundedOutput(limit: limit, expecting: source.byteCount * 4)
        try unsafe source.withUnsafeBytes { bytes throws(CompressionError) in
            var position = 0
            var isInsideFrame = true  // No frame at all is not a stream either.
            while isInsideFrame || position < bytes.count {
                try unsafe output.fill { room throws(CompressionError) in
                    var read = bytes.count - position
                    var written = room.count
                    // SAFETY: LZ4 reads and writes at most the two counts, which are what is left
                    // of `bytes` and the whole of `room`.
                    let hint = unsafe LZ4F_decompress(
                        context, room.baseAddress, &written,
                        bytes.baseAddress?.advanced(by: position), &read, nil)
                    guard LZ4F_isError(hint) == 0, read + written > 0 else { throw .malformed }
                    position += read
                    isInsideFrame = hint != 0
                    return written
                }
            }
        }
        return output.bytes
    }
}
