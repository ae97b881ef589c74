internal import CCRC32C

/// CRC-32C (Castagnoli), as Kafka, iSCSI and ext4 compute it (RFC 3720, appendix B.4).
///
/// It catches every change of up to three bits, and every burst of up to 32, in anything shorter
/// than 256 MiB. It is no defence against somebody who wants to be believed.
package enum CRC32C {
    /// The checksum of `bytes`.
    package static func checksum(_ bytes: RawSpan) -> UInt32 { extend(0, by: bytes) }

    /// The checksum of what `crc` covers followed by `bytes`.
    package static func extend(_ crc: UInt32, by bytes: RawSpan) -> UInt32 {
        // SAFETY: the C function reads exactly `count` bytes and keeps nothing.
        unsafe bytes.withUnsafeBytes { buffer in
            unsafe crc32c_extend(crc, buffer.baseAddress, buffer.count)
        }
    }

    /// The checksum of what `crc` covers followed by `value` in big-endian order.
    package static func extend<T: FixedWidthInteger & BitwiseCopyable>(
        _ crc: UInt32, byBigEndian value: T
    ) -> UInt32 {
        var stored = value.bigEndian
        // SAFETY: an integer has no padding, and the C function keeps nothing.
        return unsafe withUnsafeBytes(of: &stored) { buffer in
            unsafe crc32c_extend(crc, buffer.baseAddress, buffer.count)
        }
    }

    /// The same as `checksum`, from tables alone: what machines without the instruction run.
    package static func portableChecksum(_ bytes: RawSpan) -> UInt32 {
        // SAFETY: the C function reads exactly `count` bytes and keeps nothing.
        unsafe bytes.withUnsafeBytes { buffer in
            unsafe crc32c_extend_portable(0, buffer.baseAddress, buffer.count)
        }
    }
}
