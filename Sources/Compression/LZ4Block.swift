internal import Bytes
internal import CLZ4

/// The LZ4 block format, without a frame: what Parquet calls LZ4_RAW.
package enum LZ4Block {
    /// The `byteCount` bytes that `source` holds.
    package static func decompress(
        _ source: RawSpan, byteCount: Int
    ) throws(CompressionError) -> [UInt8] {
        guard let capacity = Int32(exactly: byteCount),
            let length = Int32(exactly: source.byteCount)
        else { throw .malformed }
        var status: Int32 = -1
        // SAFETY: LZ4 reads at most `length` and writes at most `capacity` bytes, and says how
        // many.
        let result = unsafe [UInt8](unsafeUninitializedCapacity: max(1, byteCount)) {
            buffer, count in
            let output = UnsafeMutableRawBufferPointer(buffer)
            status = unsafe source.withUnsafeBytes { bytes in
                unsafe LZ4_decompress_safe(
                    bytes.bindMemory(to: CChar.self).baseAddress,
                    output.bindMemory(to: CChar.self).baseAddress, length, capacity)
            }
            count = max(0, Int(status))
        }
        guard status >= 0, result.count == byteCount else { throw .malformed }
        return result
    }

    /// What Hadoop's codec wrote under Parquet's older name LZ4: blocks, each behind the sizes it
    /// has
    /// decompressed and compressed; or one block alone, or a frame, as other writers understood it.
    package static func decompressHadoop(
        _ source: RawSpan, byteCount: Int
    ) throws(CompressionError) -> [UInt8] {
        if let blocks = try? hadoopBlocks(source, byteCount) { return blocks }
        if let block = try? decompress(source, byteCount: byteCount) { return block }
        return try LZ4Frame.decompress(source, limit: byteCount)
    }

    private static func hadoopBlocks(_ source: RawSpan, _ byteCount: Int) throws -> [UInt8] {
        var result: [UInt8] = []
        var reader = ByteReader(source)
        while !reader.isAtEnd {
            let size = Int(try reader.integer(as: UInt32.self))
            let block = try reader.span(Int(try reader.integer(as: UInt32.self)))
            guard size <= byteCount - result.count else { throw CompressionError.malformed }
            result += try decompress(block, byteCount: size)
        }
        guard result.count == byteCount else { throw CompressionError.malformed }
        return result
    }
}
