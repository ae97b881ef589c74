internal import Bytes

// Field numbers are those of parquet.thrift.

extension FileMetadata {
    func encoded() -> [UInt8] {
        ThriftWriter.encode { writer in
            writer.field(1, int32: version)
            writer.field(2, list: schema, of: .structure) { writer, element in
                writer.structure(element.write)
            }
            writer.field(3, int64: rowCount)
            writer.field(4, list: rowGroups, of: .structure) { writer, group in
                writer.structure(group.write)
            }
            if !keyValues.isEmpty {
                writer.field(5, list: keyValues, of: .structure) { writer, pair in
                    writer.structure { writer in
                        writer.field(1, string: pair.key)
                        writer.field(2, string: pair.value)
                    }
                }
            }
            writer.field(6, string: createdBy)
            // Without an order for each leaf, readers have to ignore the bounds.
            let leaves = schema.filter { $0.type != nil }
            writer.field(7, list: leaves, of: .structure) { writer, _ in
                writer.structure { $0.field(1) { _ in } }
            }
        }
    }
}

extension SchemaElement {
    func write(to writer: inout ThriftWriter) {
        if let type { writer.field(1, int32: type.rawValue) }
        if let typeLength { writer.field(2, int32: typeLength) }
        if let repetition { writer.field(3, int32: repetition.rawValue) }
        writer.field(4, string: name)
        if let childCount { writer.field(5, int32: childCount) }
        if let convertedType { writer.field(6, int32: convertedType.rawValue) }
        if let scale { writer.field(7, int32: scale) }
        if let precision { writer.field(8, int32: precision) }
        if let logicalType { writer.field(10, structure: logicalType.write) }
    }
}

extension LogicalType {
    func write(to writer: inout ThriftWriter) {
        switch self {
        case .string: writer.field(1) { _ in }
        case .map: writer.field(2) { _ in }
        case .list: writer.field(3) { _ in }
        case .decimal(let precision, let scale):
            writer.field(5) { writer in
                writer.field(1, int32: scale)
                writer.field(2, int32: precision)
            }
        case .date: writer.field(6) { _ in }
        case .timestamp(let isUTC, let unit):
            writer.field(8) { writer in
                writer.field(1, bool: isUTC)
                writer.field(2, structure: { $0.field(unit.rawValue) { _ in } })
            }
        case .integer(let bitWidth, let isSigned):
            writer.field(10) { writer in
                writer.field(1, int8: bitWidth)
                writer.field(2, bool: isSigned)
            }
        case .other(let number): writer.field(number) { _ in }
        }
    }
}

extension RowGroupMetadata {
    func write(to writer: inout ThriftWriter) {
        writer.field(1, list: chunks, of: .structure) { writer, chunk in
            writer.structure(chunk.write)
        }
        writer.field(2, int64: byteCount)
        writer.field(3, int64: rowCount)
        writer.field(5, int64: fileOffset)
        writer.field(6, int64: compressedByteCount)
        if let ordinal { writer.field(7, int16: ordinal) }
    }
}

extension ChunkMetadata {
    func write(to writer: inout ThriftWriter) {
        writer.field(2, int64: 0)
        writer.field(3, structure: writeMetadata)
        if let offsetIndex {
            writer.field(4, int64: offsetIndex.offset)
            writer.field(5, int32: offsetIndex.byteCount)
        }
        if let columnIndex {
            writer.field(6, int64: columnIndex.offset)
            writer.field(7, int32: columnIndex.byteCount)
        }
    }

    private func writeMetadata(to writer: inout ThriftWriter) {
        writer.field(1, int32: type.rawValue)
        writer.field(2, list: encodings, of: .int32) { $0.element(int32: $1.rawValue) }
        writer.field(3, list: path, of: .binary) { $0.element(binary: Array($1.utf8)) }
        writer.field(4, int32: codecNumber)
        writer.field(5, int64: valueCount)
        writer.field(6, int64: uncompressedByteCount)
        writer.field(7, int64: compressedByteCount)
        writer.field(9, int64: dataPageOffset)
        if let dictionaryPageOffset { writer.field(11, int64: dictionaryPageOffset) }
        if let statistics { writer.field(12, structure: statistics.write) }
        if let bloomFilter {
            writer.field(14, int64: bloomFilter.offset)
            writer.field(15, int32: bloomFilter.byteCount)
        }
    }
}

extension StoredStatistics {
    func write(to writer: inout ThriftWriter) {
        if let nullCount { writer.field(3, int64: nullCount) }
        guard let smallest, let largest else { return }
        writer.field(5, binary: largest)
        writer.field(6, binary: smallest)
        writer.field(7, bool: isLargestExact)
        writer.field(8, bool: isSmallestExact)
    }
}
