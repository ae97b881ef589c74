internal import Bytes
internal import CZstd

/// Compresses with zstd, and keeps the memory it works in from one call to the next.
///
/// One frame per call, which knows its size; every zstd decoder reads it. Not for two threads at
/// once, which `~Copyable` and `mutating` see to.
@safe
package struct ZstdCompressor: ~Copyable {
    /// How hard to try.
    package enum Effort: Sendable {
        /// What pays for batches of small events that resemble each other.
        ///
        /// WHY: measured on `nab-telemetry` in batches of 500, see `Compression.md`. Lazy matching
        /// of at least six bytes beats every level of a like speed, because such events repeat long
        /// pieces and the short ones in between are rarely worth a reference.
        case batches
        /// One of zstd's own, 1 (fast) to 19 (small).
        case level(Int32)
    }

    private let context: OpaquePointer

    /// A compressor that tries as hard as `effort` says.
    package init(effort: Effort = .batches) {
        guard let context = unsafe ZSTD_createCCtx() else {
            preconditionFailure("there is no memory for a zstd context")
        }
        unsafe self.context = context
        switch effort {
        case .batches:
            set(ZSTD_c_compressionLevel, to: 3)
            set(ZSTD_c_strategy, to: Int32(ZSTD_lazy2.rawValue))
            set(ZSTD_c_minMatch, to: 6)
            set(ZSTD_c_searchLog, to: 2)
        case .level(let level):
            precondition((1...19).contains(level), "zstd has no level \(level) of use here")
            set(ZSTD_c_compressionLevel, to: level)
        }
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
    /// It pays when an eighth is saved. Random bytes are found out from a sample of 2 KiB, so that
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
            written = unsafe source.withUnsafeBytes { bytes in
                unsafe ZSTD_compress2(
                    context, output.baseAddress?.advanced(by: headByteCount), capacity,
                    bytes.baseAddress, bytes.count)
            }
            count = ZSTD_isError(written) == 0 ? headByteCount + written : 0
        }
        guard ZSTD_isError(written) == 0 else { return nil }
        // WHY: batches wait in queues and caches, and most of the room was not needed.
        return written < capacity / 4 * 3 ? [UInt8](copying: result.rawSpan) : result
    }

    private func set(_ parameter: ZSTD_cParameter, to value: Int32) {
        let status = unsafe ZSTD_CCtx_setParameter(context, parameter, value)
        precondition(ZSTD_isError(status) == 0, "zstd refused \(value) for \(parameter)")
    }

    private static let sampleByteCount = 2048
    private static let pieceCount = 4

    /// Whether pieces from all over `source`, put together, do not get an eighth smaller.
    ///
    /// WHY: at level 1, which fails as surely as any on bytes without pattern, and faster.
    private mutating func looksIncompressible(_ source: RawSpan) -> Bool {
        guard source.byteCount >= 2 * Self.sampleByteCount else { return false }
        let pieceByteCount = Self.sampleByteCount / Self.pieceCount
        let stride = (source.byteCount - pieceByteCount) / (Self.pieceCount - 1)
        var sample: [UInt8] = []
        sample.reserveCapacity(Self.sampleByteCount)
        for index in 0..<Self.pieceCount {
            let start = index * stride
            sample.append(copying: source.extracting(start..<(start + pieceByteCount)))
        }
        let capacity = Self.sampleByteCount - Self.sampleByteCount / 8
        // SAFETY: zstd writes at most `capacity` bytes, all of which are there.
        return unsafe withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 1) { output in
            let status = unsafe sample.withUnsafeBytes { bytes in
                unsafe ZSTD_compressCCtx(
                    context, output.baseAddress, capacity, bytes.baseAddress, bytes.count, 1)
            }
            return ZSTD_isError(status) != 0
        }
    }
}
