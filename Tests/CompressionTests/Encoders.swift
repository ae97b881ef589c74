import Bytes
import CLZ4
import CZlib
import CZstd
import Compression

/// `bytes` as somebody else would have compressed them.
func encoded(_ bytes: [UInt8], by codec: Codec) -> [UInt8] {
    switch codec {
    case .none: return bytes
    case .gzip: return gzip(bytes)
    case .snappy: return Snappy.compress(bytes.rawSpan)
    case .lz4: return lz4Frame(bytes)
    case .zstd:
        var compressor = ZstdCompressor()
        return compressor.compress(bytes.rawSpan)
    }
}

/// `blocks` in the framing of Kafka's Java clients.
func framedSnappy(_ blocks: [[UInt8]]) -> [UInt8] {
    var writer = ByteWriter()
    writer.append([0x82] + Array("SNAPPY".utf8) + [0])
    writer.append(bigEndian: UInt32(1))
    writer.append(bigEndian: UInt32(1))
    for block in blocks {
        let compressed = Snappy.compress(block.rawSpan)
        writer.append(bigEndian: UInt32(compressed.count))
        writer.append(compressed)
    }
    return writer.bytes
}

func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var stream = unsafe z_stream()
    let size = unsafe Int32(MemoryLayout<z_stream>.size)
    let status = unsafe deflateInit2_(
        &stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
    precondition(status == Z_OK)
    defer { unsafe deflateEnd(&stream) }
    let capacity = unsafe Int(deflateBound(&stream, UInt(bytes.count))) + 32
    var input = bytes
    // SAFETY: zlib reads `avail_in` and writes at most `avail_out` bytes, which are there.
    return unsafe [UInt8](unsafeUninitializedCapacity: capacity) { output, count in
        unsafe input.withUnsafeMutableBufferPointer { input in
            unsafe stream.next_in = input.baseAddress
            unsafe stream.avail_in = UInt32(input.count)
            unsafe stream.next_out = output.baseAddress
            unsafe stream.avail_out = UInt32(capacity)
            let status = unsafe deflate(&stream, Z_FINISH)
            precondition(status == Z_STREAM_END)
            count = unsafe capacity - Int(stream.avail_out)
        }
    }
}

func lz4Frame(_ bytes: [UInt8]) -> [UInt8] {
    let capacity = LZ4F_compressFrameBound(bytes.count, nil)
    return unsafe [UInt8](unsafeUninitializedCapacity: capacity) { output, count in
        count = unsafe bytes.withUnsafeBytes { input in
            unsafe LZ4F_compressFrame(
                output.baseAddress, capacity, input.baseAddress, input.count, nil)
        }
        precondition(LZ4F_isError(count) == 0)
    }
}

/// A frame that does not say how much it holds, as streaming encoders make it.
func zstdOfUnknownSize(_ bytes: [UInt8]) -> [UInt8] {
    let capacity = ZSTD_compressBound(bytes.count)
    let context = unsafe ZSTD_createCCtx()
    defer { unsafe ZSTD_freeCCtx(context) }
    unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0)
    return unsafe [UInt8](unsafeUninitializedCapacity: capacity) { output, count in
        count = unsafe bytes.withUnsafeBytes { input in
            unsafe ZSTD_compress2(
                context, output.baseAddress, capacity, input.baseAddress, input.count)
        }
        precondition(ZSTD_isError(count) == 0)
    }
}
