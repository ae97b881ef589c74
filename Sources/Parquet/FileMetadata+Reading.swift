internal import Bytes

// Field numbers are those of parquet.thrift. What is not needed is skipped.

extension FileMetadata {
    init(_ reader: inout ThriftReader) throws(DecodeError) {
        self.init()
        var chunkCount = 0
        try reader.fields { number, type, reader throws(DecodeError) in
            switch number {
            case 1: version = try reader.int32(type)
            case 2:
                try reader.list(type) { _, reader throws(DecodeError) in
                    schema.append(try SchemaElement(&reader))
                    try reader.require(schema.count <= ReaderLimits.schemaElementCountMax)
                }
            case 3: rowCount = try reader.int64(type)
            case 4:
                try reader.list(type) { _, reader throws(DecodeError) in
                    let group = try RowGroupMetadata(&reader)
                    chunkCount += group.chunks.count
                    try reader.require(chunkCount <= ReaderLimits.chunkCountMax)
                    rowGroups.append(group)
                }
            case 5:
                try reader.list(type) { _, reader throws(DecodeError) in
                    keyValues.append(try reader.keyValue())
                }
            case 6: createdBy = try reader.string(type)
            default: return false
            }
            return true
        }
    }
}

extension SchemaElement {
    init(_ reader: inout ThriftReader) throws(DecodeError) {
        self.init("")
        try reader.fields { number, type, reader throws(DecodeError) in
            switch number {
            case 1: self.type = try reader.enumeration(type)
            case 2: typeLength = try reader.int32(type)
            case 3: repetition = try reader.enumeration(type)
            case 4: name = try reader.string(type)
            case 5: childCount = try reader.int32(type)
            // Kinds that say nothing to us leave the physical type to speak for itself.
            case 6: convertedType = ConvertedType(rawValue: try reader.int32(type))
            case 7: scale = try reader.int32(type)
            case 8: precision = try reader.int32(type)
            case 10: logicalType = try LogicalType(&reader)
            default: return false
            }
            return true
        }
    }
}

extension LogicalType {
    init(_ reader: inout ThriftReader) throws(DecodeError) {
        var found = LogicalType.other(0)
        try reader.fields { number, type, reader throws(DecodeError) in
            switch number {
            case 1: found = .string
            case 2: found = .map
            case 3: found = .list
            case 5:
                found = try LogicalType(decimal: &reader)
                return true
            case 6: found = .date
            case 8:
                found = try LogicalType(timestamp: &reader)
                return true
            case 10:
                found = try LogicalType(integer: &reader)
                return true
            default: found = .other(number)
            }
            return false
        }
        self = found
    }

    private init(decimal reader: inout ThriftReader) throws(DecodeError) {
        var (precision, scale): (Int32, Int32) = (0, 0)
        try reader.fields { number, type, reader throws(DecodeError) in
            switch number {
            case 1: scale = try reader.int32(type)
            case 2: precision = try reader.int32(type)
            default: return false
            }
            return true
        }
        self = .decimal(precision: precision, scale: scale)
    }

    private init(timestamp reader: inout ThriftReader) throws(DecodeError) {
        var (isUTC, unit) = (false, TimeUnit.micros)
        try reader.fields { number, type, reader throws(DecodeError) in
            switch number {
            case 1: isUTC = try reader.bool(type)
            case 2:
                try reader.fields { number, _, _ in
                    unit = TimeUnit(rawValue: number) ?? unit
                    return false
                }
            default: return false
            }
            return true
        }
        self = .timestamp(isUTC: isUTC, unit)
    }

    private init(integer reader: inout ThriftReader) throws(DecodeError) {
        var (bitWidth, isSigned): (Int8, Bool) = (0, true)
        try reader.fields { number, type, reader throws(DecodeError) in
            switch number {
            case 1: bitWidth = try reader.int8(type)
            case 2: isSigned = try reader.bool(type)
            default: return false
            }
            return true
        }
        self = .integer(bitWidth: bitWidth, isSigned: isSigned)
    }
}

extension RowGroupMetadata {
    init(_ reader: inout ThriftReader) throws(DecodeError) {
        self.init()
        try reader.fields { number, type, reader throws(DecodeError) in
            switch number {
            case 1:
                try reader.list(type) { _, reader throws(DecodeError) in
                    chunks.append(try ChunkMetadata(&reader))
                    try reader.require(chunks.count <= ReaderLimits.schemaElementCountMax)
                }
            case 3: rowCount = try reader.int64(type)
            default: return false
            }
            return true
        }
    }
}

extension ChunkMetadata {
    init(_ reader: inout ThriftReader) throws(DecodeError) {
        self.init(type: .int32, codec: .uncompressed)
        try reader.fields { number, type, reader throws(DecodeError) in
            guard number == 3, type == .structure else { return false }
            try readMetadata(&reader)
            return true
        }
    }

    private mutating func readMetadata(_ reader: inout ThriftReader) throws(DecodeError) {
        try reader.fields { number, type, reader throws(DecodeError) in
            switch number {
            case 1: self.type = try reader.enumeration(type)
            case 3:
                try reader.list(type) { type, reader throws(DecodeError) in
                    path.append(try reader.string(type))
                }
            case 4: codecNumber = try reader.int32(type)
            case 5: valueCount = try reader.int64(type)
            case 6: uncompressedByteCount = try reader.int64(type)
            case 7: compressedByteCount = try reader.int64(type)
            case 9: dataPageOffset = try reader.int64(type)
            case 11: dictionaryPageOffset = try reader.int64(type)
            case 12: statistics = try StoredStatistics(&reader)
            default: return false
            }
            return true
        }
    }
}

extension StoredStatistics {
    /// Only the count of nulls; the bounds are not needed for reading.
    init(_ reader: inout ThriftReader) throws(DecodeError) {
        self.init()
        try reader.fields { number, type, reader throws(DecodeError) in
            guard number == 3 else { return false }
            nullCount = try reader.int64(type)
            return true
        }
    }
}

/// What stands before each page.
struct PageHeader {
    var kind: Int32 = -1
    var byteCount: Int32 = 0
    var storedByteCount: Int32 = 0
    var checksum: Int32?
    var valueCount: Int32 = 0
    var encoding: Int32 = 0
    /// Of data pages of the second version.
    var definitionByteCount: Int32 = 0
    var repetitionByteCount: Int32 = 0
    var isCompressed = true

    init(_ reader: inout ThriftReader) throws(DecodeError) {
        try reader.fields { number, type, reader throws(DecodeError) in
            switch number {
            case 1: kind = try reader.int32(type)
            case 2: byteCount = try reader.int32(type)
            case 3: storedByteCount = try reader.int32(type)
            case 4: checksum = try reader.int32(type)
            case 5, 7: try readCountAndEncoding(&reader)
            case 8: try readVersion2(&reader)
            default: return false
            }
            return true
        }
    }

    private mutating func readCountAndEncoding(
        _ reader: inout ThriftReader
    ) throws(DecodeError) {
        try reader.fields { number, type, reader throws(DecodeError) in
            switch number {
            case 1: valueCount = try reader.int32(type)
            case 2: encoding = try reader.int32(type)
            default: return false
            }
            return true
        }
    }

    private mutating func readVersion2(_ reader: inout ThriftReader) throws(DecodeError) {
        try reader.fields { number, type, reader throws(DecodeError) in
            switch number {
            case 1: valueCount = try reader.int32(type)
            case 4: encoding = try reader.int32(type)
            case 5: definitionByteCount = try reader.int32(type)
            case 6: repetitionByteCount = try reader.int32(type)
            case 7: isCompressed = try reader.bool(type)
            default: return false
            }
            return true
        }
    }
}

extension ThriftReader {
    /// A pair of texts. What is no UTF-8 in others' pairs is nothing that we look for.
    fileprivate mutating func keyValue() throws(DecodeError) -> (key: String, value: String) {
        var pair = (key: "", value: "")
        try fields { number, type, reader throws(DecodeError) in
            switch number {
            case 1: pair.key = String(decoding: try reader.binary(type), as: UTF8.self)
            case 2: pair.value = String(decoding: try reader.binary(type), as: UTF8.self)
            default: return false
            }
            return true
        }
        return pair
    }

    /// A list that is longer than `isWithinLimits` allows is no list of ours.
    fileprivate func require(_ isWithinLimits: Bool) throws(DecodeError) {
        guard isWithinLimits else { throw .badLength(position: reader.position) }
    }

    /// A value of an enumeration of which all members are known here.
    fileprivate mutating func enumeration<Value: RawRepresentable<Int32>>(
        _ type: FieldType
    ) throws(DecodeError) -> Value {
        let position = reader.position
        guard let value = Value(rawValue: try int32(type)) else {
            throw .badValue(position: position)
        }
        return value
    }
}
