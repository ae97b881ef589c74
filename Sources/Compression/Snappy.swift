internal import Bytes
internal import CSnappy

/// Raw snappy, and the framing that Kafka's Java clients put around it.
package enum Snappy {
    /// What one raw snappy block holds, if that is at most `limit` bytes.
    package static func decompress(
        _ source: RawSpan, limit: Int
    ) throws(CompressionError) -> [UInt8] {
        let claimed = try decompressedByteCount(of: source)
        guard claimed <= limit else { throw .tooLarge(limit: limit) }
        var result: [UInt8] = []
        try append(block: source, of: claimed, to: &result)
        return result
    }

    /// `source` as one raw snappy block.
    package static func compress(_ source: RawSpan) -> [UInt8] {
        let capacity = snappy_max_compressed_length(source.byteCount)
        // SAFETY: the room is what the library asks for, and the closure reports what it filled.
        return unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            count = capacity
            let output = UnsafeMutableRawBufferPointer(buffer)
            let status = unsafe source.withUnsafeBytes { bytes in
                unsafe snappy_compress(
                    bytes.bindMemory(to: CChar.self).baseAddress, bytes.count,
                    output.bindMemory(to: CChar.self).baseAddress, &count)
            }
            precondition(status == SNAPPY_OK, "snappy refused \(source.byteCount) bytes")
        }
    }

    /// What Kafka calls snappy: a raw block, or blocks framed as by `SnappyOutputStream`.
    ///
    ///     0                 8         12        16
    ///     ┌─────────────────┬─────────┬─────────┬──────────┬───────────┬──────────┬─────
    ///     │ 82 "SNAPPY" 00  │ version │ oldest  │ length   │ raw block │ length   │ ...
    ///     └─────────────────┴─────────┴─────────┴──────────┴───────────┴──────────┴─────
    ///
    /// Integers are big-endian and of four bytes. The framing carries no total, so the blocks are
    /// walked once for their sizes and once for their bytes.
    static func decompressKafka(
        _ source: RawSpan, limit: Int
    ) throws(CompressionError) -> [UInt8] {
        guard isFramed(source) else { return try decompress(source, limit: limit) }
        do {
            var total = 0
            var sizes = try blocks(of: source)
            while !sizes.isAtEnd {
                let count = try sizes.integer(as: Int32.self)
                total += try decompressedByteCount(of: try sizes.span(Int(count)))
                guard total <= limit else { throw CompressionError.tooLarge(limit: limit) }
            }
            var result: [UInt8] = []
            result.reserveCapacity(total)
            var contents = try blocks(of: source)
            while !contents.isAtEnd {
                let count = try contents.integer(as: Int32.self)
                let block = try contents.span(Int(count))
                try append(block: block, of: try decompressedByteCount(of: block), to: &result)
            }
            return result
        } catch let error as CompressionError {
            throw error
        } catch {
            throw .malformed
        }
    }

    private static let magic: [UInt8] = [0x82, 0x53, 0x4E, 0x41, 0x50, 0x50, 0x59, 0x00]
    private static let frameHeadByteCount = 16

    private static func isFramed(_ source: RawSpan) -> Bool {
        guard source.byteCount >= frameHeadByteCount else { return false }
        var reader = ByteReader(source)
        return (try? reader.array(magic.count)) == magic
    }

    /// A reader that stands before the first block's length.
    @_lifetime(copy source)
    private static func blocks(of source: RawSpan) throws(DecodeError) -> ByteReader {
        var reader = ByteReader(source)
        try reader.skip(frameHeadByteCount)
        return reader
    }

    private static func decompressedByteCount(
        of block: RawSpan
    ) throws(CompressionError) -> Int {
        var count = 0
        // SAFETY: snappy reads at most `bytes.count` bytes.
        let status = unsafe block.withUnsafeBytes { bytes in
            unsafe snappy_uncompressed_length(
                bytes.bindMemory(to: CChar.self).baseAddress, bytes.count, &count)
        }
        guard status == SNAPPY_OK else { throw .malformed }
        return count
    }

    private static func append(
        block: RawSpan, of byteCount: Int, to result: inout [UInt8]
    ) throws(CompressionError) {
        try result.append(addingCapacity: byteCount) { output throws(CompressionError) in
            try unsafe output.withUnsafeMutableBufferPointer {
                buffer, count throws(CompressionError) in
                var written = byteCount
                // SAFETY: snappy writes exactly the block's own size, which is `byteCount`, the
                // capacity asked for above, and refuses a smaller room.
                let status = unsafe block.withUnsafeBytes { bytes in
                    let room = UnsafeMutableRawBufferPointer(buffer)
                    return unsafe snappy_uncompress(
                        bytes.bindMemory(to: CChar.self).baseAddress, bytes.count,
                        room.bindMemory(to: CChar.self).baseAddress, &written)
                }
                guard status == SNAPPY_OK else { throw .malformed }
                count = written
            }
        }
    }
}
