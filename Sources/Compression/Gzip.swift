internal import CZlib

/// Gzip (RFC 1952): one member or several behind one another, nothing else.
package enum Gzip {
    /// What the members of `source` hold together, if that is at most `limit` bytes.
    package static func decompress(
        _ source: RawSpan, limit: Int
    ) throws(CompressionError) -> [UInt8] {
        var output = BoundedOutput(limit: limit, expecting: source.byteCount * 4)
        var stream = unsafe z_stream()
        let window = MAX_WBITS + 16  // 16 asks for the gzip wrapper.
        let status = unsafe inflateInit2_(
            &stream, window, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { throw .outOfMemory }
        defer { unsafe inflateEnd(&stream) }

        try unsafe source.withUnsafeBytes { bytes throws(CompressionError) in
            // SAFETY: zlib only reads through `next_in`, whose type lacks a `const`, and the bytes
            // outlive the closure.
            let first = unsafe bytes.bindMemory(to: UInt8.self).baseAddress
            unsafe stream.next_in = UnsafeMutablePointer(mutating: first)
            unsafe stream.avail_in = UInt32(bytes.count)
            repeat {
                try unsafe member(of: &stream, into: &output)
            } while unsafe stream.avail_in > 0
        }
        return output.bytes
    }

    /// Inflates up to the end of one member, and leaves the stream ready for the next.
    private static func member(
        of stream: inout z_stream, into output: inout BoundedOutput
    ) throws(CompressionError) {
        var status = Z_OK
        while status == Z_OK {
            try unsafe output.fill { room in
                let available = UInt32(clamping: room.count)
                // SAFETY: zlib writes at most `avail_out` bytes, which `room` has.
                unsafe stream.next_out = room.bindMemory(to: UInt8.self).baseAddress
                unsafe stream.avail_out = available
                status = unsafe inflate(&stream, Z_NO_FLUSH)
                return unsafe Int(available - stream.avail_out)
            }
        }
        // Z_BUF_ERROR is among the rest: there was room, so the bytes ended too early.
        guard status == Z_STREAM_END else {
            throw status == Z_MEM_ERROR ? .outOfMemory : .malformed
        }
        unsafe inflateReset(&stream)
    }
}
