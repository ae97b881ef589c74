internal import Bytes

/// Reads the hybrid of runs and bit-packed groups that `HybridEncoder` writes.
enum HybridDecoder {
    /// Appends exactly `count` values of `width` bits to `values`, whose type has room for them.
    static func append<Value: FixedWidthInteger & UnsignedInteger>(
        _ count: Int, width: Int, from reader: inout ByteReader, to values: inout [Value]
    ) throws(DecodeError) {
        guard width >= 0, width <= min(32, Value.bitWidth) else {
            throw .badValue(position: reader.position)
        }
        let end = values.count + count
        while values.count < end {
            let header = try reader.varint()
            let left = end - values.count
            if header & 1 == 0 {
                let length = min(Int(clamping: header >> 1), left)
                guard length > 0 else { throw .badLength(position: reader.position) }
                let value = Value(truncatingIfNeeded: try runValue(width, &reader))
                values.append(contentsOf: repeatElement(value, count: length))
            } else {
                let groupCount = Int(clamping: header >> 1)
                guard groupCount > 0 else { throw .badLength(position: reader.position) }
                // A group may be cut off behind the last value that is wanted.
                let wanted = min(groupCount > left / 8 ? left : groupCount * 8, left)
                try BitUnpacking.append(wanted, width: width, from: &reader, to: &values)
                let whole = groupCount.multipliedReportingOverflow(by: width)
                let rest = whole.overflow ? 0 : whole.partialValue - (wanted * width + 7) / 8
                if rest > 0 { try reader.skip(min(rest, reader.remaining)) }
            }
        }
    }

    private static func runValue(
        _ width: Int, _ reader: inout ByteReader
    ) throws(DecodeError) -> UInt32 {
        var value: UInt32 = 0
        for byte in 0..<((width + 7) / 8) {
            value |= UInt32(try reader.byte()) << UInt32(byte * 8)
        }
        return value
    }
}

/// Reads unsigned integers that `BitPacking` wrote.
enum BitUnpacking {
    static func append<Value: FixedWidthInteger & UnsignedInteger>(
        _ count: Int, width: Int, from reader: inout ByteReader, to values: inout [Value]
    ) throws(DecodeError) {
        assert(width <= Value.bitWidth, "\(width) bits do not fit \(Value.self)")
        let bytes = try reader.span((count * width + 7) / 8)
        values.append(addingCapacity: count) { output in
            var position = 0
            for _ in 0..<count {
                var value = bits(position, min(width, 32), bytes)
                if width > 32 { value |= bits(position &+ 32, width &- 32, bytes) &<< 32 }
                output.append(Value(truncatingIfNeeded: value))
                position &+= width
            }
        }
    }

    /// At most 32 bits, which with the up to seven before them fit a word.
    private static func bits(_ position: Int, _ width: Int, _ bytes: RawSpan) -> UInt64 {
        let word = bytes.littleEndianWord(at: min(position >> 3, bytes.byteCount))
        let mask: UInt64 = (1 &<< UInt64(truncatingIfNeeded: width)) &- 1
        return word &>> UInt64(truncatingIfNeeded: position & 7) & mask
    }
}

/// Reads DELTA_BINARY_PACKED.
enum DeltaDecoder {
    private static let blockCountMax = 1 << 20

    /// All values, of which there must be exactly `count`.
    static func values(
        _ expected: Int, from reader: inout ByteReader
    ) throws(DecodeError) -> [Int64] {
        let start = reader.position
        let blockCount = Int(clamping: try reader.varint())
        let miniblocksPerBlock = Int(clamping: try reader.varint())
        let count = Int(clamping: try reader.varint())
        let first = try reader.zigzag()
        guard blockCount > 0, blockCount <= blockCountMax, blockCount % 128 == 0,
            miniblocksPerBlock > 0, blockCount % miniblocksPerBlock == 0,
            (blockCount / miniblocksPerBlock) % 32 == 0, count == expected
        else { throw .badLength(position: start) }
        guard count > 0 else { return [] }

        var values = [first]
        values.reserveCapacity(count)
        let miniblockCount = blockCount / miniblocksPerBlock
        var differences: [UInt64] = []
        while values.count < count {
            let smallest = try reader.zigzag()
            var widths = try reader.slice(miniblocksPerBlock)
            for _ in 0..<miniblocksPerBlock where values.count < count {
                let width = Int(try widths.byte())
                guard width <= 64 else { throw .badValue(position: widths.position) }
                differences.removeAll(keepingCapacity: true)
                try BitUnpacking.append(
                    miniblockCount, width: width, from: &reader, to: &differences)
                for difference in differences where values.count < count {
                    let step = smallest &+ Int64(bitPattern: difference)
                    values.append(values[values.count - 1] &+ step)
                }
            }
        }
        return values
    }
}
