internal import Bytes

/// DELTA_BINARY_PACKED: integers as differences, in blocks of 128 (Encodings.md, "Delta encoding").
///
///     header   block size · miniblocks a block · number of values · first value
///     block    smallest difference · 4 widths · 4 miniblocks of 32 differences above it
///
/// Differences wrap around, so every sequence can be written.
enum DeltaEncoder {
    private static let blockCount = 128
    private static let miniblockCount = 32

    static func append<Value: FixedWidthInteger & SignedInteger>(
        _ values: Span<Value>, to output: inout [UInt8]
    ) where Value.Magnitude: UnsignedInteger {
        output.append(varint: UInt64(blockCount))
        output.append(varint: UInt64(blockCount / miniblockCount))
        output.append(varint: UInt64(values.count))
        output.append(zigzag: values.isEmpty ? 0 : Int64(values[0]))
        var position = 1
        while position < values.count {
            let end = min(position + blockCount, values.count)
            appendBlock(values, position..<end, &output)
            position = end
        }
    }

    private static func appendBlock<Value: FixedWidthInteger & SignedInteger>(
        _ values: Span<Value>, _ range: Range<Int>, _ output: inout [UInt8]
    ) {
        var differences = range.map { values[$0] &- values[$0 - 1] }
        let smallest = differences.reduce(Value.max, min)
        output.append(zigzag: Int64(smallest))
        for index in differences.indices { differences[index] &-= smallest }

        let miniblocks = stride(from: 0, to: blockCount, by: miniblockCount).map { start in
            differences[
                min(start, differences.count)..<min(start + miniblockCount, differences.count)
            ]
            .map { UInt64(Value.Magnitude(truncatingIfNeeded: $0)) }
        }
        let widths = miniblocks.map { miniblock in
            HybridEncoder.width(of: Int(bitPattern: UInt(miniblock.reduce(0, |))))
        }
        for width in widths { output.append(UInt8(width)) }
        for (miniblock, width) in zip(miniblocks, widths) where !miniblock.isEmpty {
            BitPacking.append(
                miniblock.span, width: width, paddedTo: miniblockCount, to: &output)
        }
    }
}
