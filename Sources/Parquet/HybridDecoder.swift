internal import Bytes

/// Reads the hybrid of runs and bit-packed groups that `HybridEncoder` writes.
enum HybridDecoder {
    /// Appends exactly `count` values of `width` bits to `values`.
    static func append(
        _ count: Int, width: Int, from reader: inout ByteReader, to values: inout [UInt32]
    ) throws(DecodeError) {
        guard width >= 0, width <= 32 else { throw .badValue(position: reader.position) }
        let end = values.count + count
        values.reserveCapacity(end)
        while values.count < end {
            let header = try reader.varint()
            let left = end - values.count
            if header & 1 == 0 {
                let length = min(Int(clamping: header >> 1), left)
                guard length > 0 else { throw .badLength(position: reader.position) }
                var value: UInt32 = 0
                for byte in 0..<((width + 7) / 8) {
                    value |= UInt32(try reader.byte()) << UInt32(byte * 8)
                }
                for _ in 0..<length { values.append(value) }
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
}

/// Reads unsigned integers that `BitPacking` wrote.
enum BitUnpacking {
    static func append<Value: FixedWidthInteger & UnsignedInteger>(
        _ count: Int, width: Int, from reader: inout ByteReader, to values: inout [Value]
    ) throws(DecodeError) {
        assert(width <= Value.bitWidth, "\(width) bits do not fit \(Value.self)")
        guard width > 0 else {
            for _ in 0..<count { values.append(0) }
            return
        }
        var bytes = try reader.slice((count * width + 7) / 8)
        var pending: UInt64 = 0
        var pendingBitCount = 0
        for _ in 0..<count {
            var value: UInt64 = 0
            var have = 0
            while have < width {
                if pendingBitCount == 0 {
                    pending = UInt64(try bytes.byte())
                    pendingBitCount = 8
                }
                let taken = min(width &- have, pendingBitCount)
                let mask: UInt64 = (1 &<< UInt64(taken)) &- 1
                value |= (pending & mask) &<< UInt64(have)
                pending >>= UInt64(taken)
                pendingBitCount &-= taken
                have &+= taken
            }
            values.append(Value(truncatingIfNeeded: value))
        }
    }
}

/// Reads DELTA_BINARY_PACKED.
enum DeltaDecoder {
    private static let blockCountMax = 1 << 20

    /// All values, of which there must be at most `countMax`.
    static func values(
        _ countMax: Int, from reader: inout ByteReader
    ) throws(DecodeError) -> [Int64] {
        let start = reader.position
        let blockCount = Int(clamping: try reader.varint())
        let miniblocksPerBlock = Int(clamping: try reader.varint())
        let count = Int(clamping: try reader.varint())
        let first = try reader.zigzag()
        guard blockCount > 0, blockCount <= blockCountMax, blockCount % 128 == 0,
            miniblocksPerBlock > 0, blockCount % miniblocksPerBlock == 0,
            (blockCount / miniblocksPerBlock) % 32 == 0, count <= countMax
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
