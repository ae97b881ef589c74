internal import Bytes
internal import Columns

/// Parquet's hybrid of runs and bit-packed groups (Encodings.md, "RLE/bit-packing hybrid").
///
/// It stands for levels, dictionary numbers and booleans. A run is a varint of twice its length and
/// one value in whole bytes; packed values come in groups of eight, lowest bit first, after a
/// varint
/// of twice the number of groups plus one.
enum HybridEncoder {
    /// The bits that hold every number up to `largest`.
    static func width(of largest: Int) -> Int { Int.bitWidth - largest.leadingZeroBitCount }

    /// The bits that hold every one of `values`.
    static func width(ofLargestIn values: Span<UInt32>) -> Int {
        var all: UInt32 = 0
        for index in values.indices { all |= values[index] }
        return width(of: Int(all))
    }

    /// Appends `values`, none of which needs more than `width` bits.
    static func append<Value: FixedWidthInteger & UnsignedInteger>(
        _ values: Span<Value>, width: Int, to output: inout [UInt8]
    ) {
        assert(width <= 32, "a width of \(width) bits is not of this encoding")
        let lengthMin = runLengthMin(width: width)
        var packedFrom = 0
        var position = 0
        while position < values.count {
            let length = runLength(values, from: position)
            if length >= lengthMin || position + length == values.count && length >= 8 {
                pack(values.extracting(packedFrom..<position), width, &output)
                appendRun(UInt64(values[position]), length, width, &output)
                position += length
                packedFrom = position
            } else {
                position = min(position + 8, values.count)
            }
        }
        pack(values.extracting(packedFrom..<values.count), width, &output)
    }

    /// Appends the definition levels of an optional column without columns above it.
    static func append(_ validity: Validity, in rows: Range<Int>, to output: inout [UInt8]) {
        let valueCount = validity.valueCount(in: rows)
        if valueCount == 0 || valueCount == rows.count {
            appendRun(valueCount == 0 ? 0 : 1, rows.count, 1, &output)
        } else {
            append(packing: rows, &output) { validity.word(at: $0) }
        }
    }

    /// Appends booleans.
    static func append(_ bits: Bits, in range: Range<Int>, to output: inout [UInt8]) {
        let ones = bits.ones(in: range)
        if ones == 0 || ones == range.count {
            appendRun(ones == 0 ? 0 : 1, range.count, 1, &output)
        } else {
            append(packing: range, &output) { bits.word(at: $0) }
        }
    }

    /// Appends bits, with runs where 64 at a time are the same for long enough to pay.
    private static func append(
        packing range: Range<Int>, _ output: inout [UInt8], _ word: (Int) -> UInt64
    ) {
        var packedFrom = range.lowerBound
        var position = packedFrom
        while position < range.upperBound {
            var end = position
            let first = word(position)
            if first == 0 || first == .max {
                while end + 64 <= range.upperBound && word(end) == first { end += 64 }
            }
            if end - position >= 128 {
                pack(packedFrom..<position, &output, word)
                appendRun(first & 1, end - position, 1, &output)
                packedFrom = end
                position = end
            } else {
                position = min(max(end, position + 64), range.upperBound)
            }
        }
        pack(packedFrom..<range.upperBound, &output, word)
    }

    /// A shorter run costs more than it saves, because packing has to start anew after it.
    private static func runLengthMin(width: Int) -> Int { width >= 6 ? 8 : 24 }

    private static func runLength<Value: FixedWidthInteger>(
        _ values: Span<Value>, from start: Int
    ) -> Int {
        // WHY: the optimiser of Swift 6.3.1 fails on this as one condition of a `while`.
        let count = values.count
        let value = values[start]
        var end = start + 1
        while end < count {
            if values[end] != value { break }
            end += 1
        }
        return end - start
    }

    private static func appendRun(
        _ value: UInt64, _ length: Int, _ width: Int, _ output: inout [UInt8]
    ) {
        guard length > 0 else { return }
        output.append(varint: UInt64(length) << 1)
        for byte in 0..<((width + 7) / 8) {
            output.append(UInt8(truncatingIfNeeded: value >> UInt64(byte * 8)))
        }
    }

    private static func pack(
        _ range: Range<Int>, _ output: inout [UInt8], _ word: (Int) -> UInt64
    ) {
        guard !range.isEmpty else { return }
        let groupCount = (range.count + 7) / 8
        output.append(varint: UInt64(groupCount) << 1 | 1)
        var position = range.lowerBound
        for _ in 0..<groupCount {
            let left = range.upperBound - position
            let bits = UInt8(truncatingIfNeeded: word(position))
            output.append(left < 8 ? bits & (1 << UInt8(left) - 1) : bits)
            position += 8
        }
    }

    private static func pack<Value: FixedWidthInteger & UnsignedInteger>(
        _ values: Span<Value>, _ width: Int, _ output: inout [UInt8]
    ) {
        guard !values.isEmpty else { return }
        let groupCount = (values.count + 7) / 8
        output.append(varint: UInt64(groupCount) << 1 | 1)
        BitPacking.append(values, width: width, paddedTo: groupCount * 8, to: &output)
    }
}

/// Unsigned integers in as few bits as the largest needs, the first in the lowest bits.
struct BitPacking {
    private var pending: UInt64 = 0
    private var pendingBitCount = 0

    /// Appends `values`, and zeros behind them as if there were `count`.
    static func append<Value: FixedWidthInteger & UnsignedInteger>(
        _ values: Span<Value>, width: Int, paddedTo count: Int, to output: inout [UInt8]
    ) {
        let byteCount = (count * width + 7) / 8
        output.append(addingCapacity: byteCount) { output in
            var packing = BitPacking()
            for index in values.indices {
                let value = UInt64(truncatingIfNeeded: values[index])
                packing.put(value & 0xFFFF_FFFF, min(width, 32), &output)
                if width > 32 { packing.put(value >> 32, width &- 32, &output) }
            }
            packing.finish(&output)
            output.append(repeating: 0, count: byteCount - output.count)
        }
    }

    /// Puts at most 32 bits; with the up to 31 that wait, they fit the word.
    private mutating func put(_ bits: UInt64, _ width: Int, _ output: inout OutputSpan<UInt8>) {
        pending |= bits &<< UInt64(truncatingIfNeeded: pendingBitCount)
        pendingBitCount &+= width
        guard pendingBitCount >= 32 else { return }
        output.append(littleEndian: UInt32(truncatingIfNeeded: pending))
        pending >>= 32
        pendingBitCount &-= 32
    }

    private mutating func finish(_ output: inout OutputSpan<UInt8>) {
        while pendingBitCount > 0 {
            output.append(UInt8(truncatingIfNeeded: pending))
            pending >>= 8
            pendingBitCount &-= 8
        }
    }
}

extension [UInt8] {
    /// Appends an unsigned base-128 integer, lowest group first.
    mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    /// Appends a signed one in zigzag order.
    mutating func append(zigzag value: Int64) {
        append(varint: UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }
}
