internal import Bytes
internal import CZstd

/// Compresses with zstd, and keeps the memory it works in from one call to the next.
///
/// One frame per call, which knows its size; every zstd decoder reads it. Not for two threads at
/// once, which `~Copyable` and `mutating` see to.
@safe
package struct ZstdCompressor: ~Copyable {
    /// The level that `init` takes by default.
    ///
    /// WHY: measured on 500-event batches of `nab-telemetry`, see `Compression.md`.
    package static let levelDefault: Int32 = 3

    private let context: OpaquePointer
    private let level: Int32

    /// A compressor of zstd's `level`, 1 (fast) to 19 (small).
    package init(level: Int32 = levelDefault) {
        precondition((1...19).contains(level), "zstd has no level \(level) that is of use here")
        guard let context = unsafe ZSTD_createCCtx() else {
            preconditionFailure("there is no memory for a zstd context")
        }
        unsafe self.context = context
        self.level = level
    }

    deinit { unsafe ZSTD_freeCCtx(context) }

    /// `source` as one frame, whatever its size.
    package mutating func compress(_ source: RawSpan) -> [UInt8] {
        let capacity = ZSTD_compressBound(source.byteCount)
        guard let frame = frame(of: source, leaving: 0, capacity: capacity) else {
            preconditionFailure("zstd refused \(source.byteCount) bytes")
        }
        return frame
    }

    /// `source` as one frame behind `headByteCount` zero bytes, if that pays; else `nil`.
    ///
    /// It pays when an eighth is saved. Random bytes are found out from a sample of 4 KiB, so that
    /// they cost little; repeats that only show at a larger distance are missed.
    package mutating func compressIfSmaller(
        _ source: RawSpan, leaving headByteCount: Int
    ) -> [UInt8]? {
        guard !looksIncompressible(source) else { return nil }
        let capacity = source.byteCount - source.byteCount / 8
        return frame(of: source, leaving: headByteCount, capacity: capacity)
    }

    /// `nil` when the frame would not fit `capacity`.
    private mutating func frame(
        of source: RawSpan, leaving headByteCount: Int, capacity: Int
    ) -> [UInt8]? {
        var written = 0
        // SAFETY: the head is set to zero, and zstd says how many bytes it wrote behind it.
        let result = unsafe [UInt8](
            unsafeUninitializedCapacity: headByteCount + capacity
        ) { buffer, count in
            let output = UnsafeMutableRawBufferPointer(buffer)
            for index in 0..<headByteCount { unsafe output[index] = 0 }
            written = unsafe write(
                source, to: output.baseAddress?.advanced(by: headByteCount), capacity, level)
            count = ZSTD_isError(written) == 0 ? headByteCount + written : 0
        }
        guard ZSTD_isError(written) == 0 else { return nil }
        // WHY: batches wait in queues and caches, and most of the room was not needed.
        return written < capacity / 4 * 3 ? [UInt8](copying: result.rawSpan) : result
    }

    private mutating func write(
        _ source: RawSpan, to output: UnsafeMutableRawPointer?, _ capacity: Int, _ level: Int32
    ) -> Int {
        // SAFETY: zstd reads `bytes.count` bytes and writes at most `capacity`, which the caller has.
        unsafe source.withUnsafeBytes { bytes in
            unsafe ZSTD_compressCCtx(
                context, output, capacity, bytes.baseAddress, bytes.count, level)
        }
    }

    private static let sampleByteCount = 4096
    private static let sampleCount = 4

    /// Whether pieces from all over `source`, put together, do not get an eighth smaller.
    private mutating func looksIncompressible(_ source: RawSpan) -> Bool {
        // A source of a few samples is compressed about as fast as it is judged.
        guard source.byteCount >= 4 * Self.sampleByteCount else { return false }
        let pieceByteCount = Self.sampleByteCount / Self.sampleCount
        let stride = (source.byteCount - pieceByteCount) / (Self.sampleCount - 1)
        var sample: [UInt8] = []
        sample.reserveCapacity(Self.sampleByteCount)
        for index in 0..<Self.sampleCount {
            let start = index * stride
            sample.append(copying: source.extracting(start..<(start + pieceByteCount)))
        }
        let capacity = Self.sampleByteCount - Self.sampleByteCount / 8
        return frame(of: sample.rawSpan, leaving: 0, capacity: capacity) == nil
    }
}
