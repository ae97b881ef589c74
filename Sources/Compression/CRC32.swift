internal import CZlib

/// CRC-32 as gzip and Parquet compute it (RFC 1952, section 8). Not Kafka's CRC-32C.
package enum CRC32 {
    /// The checksum of `bytes`.
    package static func checksum(_ bytes: RawSpan) -> UInt32 {
        // SAFETY: zlib reads exactly `count` bytes and keeps nothing.
        unsafe bytes.withUnsafeBytes { buffer in
            let first = unsafe buffer.bindMemory(to: UInt8.self).baseAddress
            return UInt32(truncatingIfNeeded: unsafe crc32_z(0, first, buffer.count))
        }
    }
}
