internal import Bytes
internal import Columns

/// Writes a range of a leaf's values in one encoding.
enum ValueEncoder {
    /// PLAIN.
    static func appendPlain(
        _ leaf: LeafColumn, _ range: Range<Int>, to output: inout [UInt8]
    ) {
        switch leaf.column.values {
        case .int32(let values): output.append(copying: values.span.extracting(range).rawSpan)
        case .int64(let values): output.append(copying: values.span.extracting(range).rawSpan)
        case .float(let values): output.append(copying: values.span.extracting(range).rawSpan)
        case .double(let values): output.append(copying: values.span.extracting(range).rawSpan)
        case .int128(let values):
            for index in range {
                output.append(decimal: values[index], byteCount: leaf.leaf.typeLength)
            }
        case .bits(let values):
            var position = range.lowerBound
            while position < range.upperBound {
                let left = range.upperBound - position
                let byte = UInt8(truncatingIfNeeded: values.word(at: position))
                output.append(left < 8 ? byte & (1 << UInt8(left) - 1) : byte)
                position += 8
            }
        case .strings(let values):
            for index in range { output.append(plain: values[index]) }
        case .structure, .lists: preconditionFailure("\(leaf.leaf.path) is no leaf")
        }
    }

    /// The encoding of the compact profile for this leaf, if it has one.
    static func compactEncoding(of leaf: LeafColumn) -> Encoding? {
        switch leaf.column.values {
        case .int32, .int64: .deltaBinaryPacked
        case .strings: .deltaLengthByteArray
        case .bits: .rle
        default: nil
        }
    }

    /// The encoding that `compactEncoding` named.
    static func appendCompact(
        _ leaf: LeafColumn, _ range: Range<Int>, to output: inout [UInt8]
    ) {
        switch leaf.column.values {
        case .int32(let values): DeltaEncoder.append(values.span.extracting(range), to: &output)
        case .int64(let values): DeltaEncoder.append(values.span.extracting(range), to: &output)
        case .bits(let values):
            output.appendPrefixed { HybridEncoder.append(values, in: range, to: &$0) }
        case .strings(let values):
            let lengths = range.map { Int32(values[$0].byteCount) }
            DeltaEncoder.append(lengths.span, to: &output)
            for index in range { output.append(copying: values[index]) }
        default: preconditionFailure("\(leaf.leaf.path) has no compact encoding")
        }
    }
}

extension [UInt8] {
    /// Appends what `body` appends, behind its length in four bytes.
    mutating func appendPrefixed(_ body: (inout [UInt8]) -> Void) {
        let start = count
        append(littleEndian: UInt32(0))
        body(&self)
        replace(at: start, bigEndian: UInt32(count - start - 4).byteSwapped)
    }

    /// Appends the last `byteCount` bytes of a big-endian two's complement number.
    mutating func append(decimal value: Int128, byteCount: Int) {
        for index in (0..<byteCount).reversed() {
            append(UInt8(truncatingIfNeeded: value >> Int128(index * 8)))
        }
    }
}
