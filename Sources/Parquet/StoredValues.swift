internal import Bytes
internal import Columns

/// Values of one leaf as a file stores them: a chunk's dictionary, or what its pages add up to.
///
/// One of the arrays is in use, by the physical type.
struct StoredValues {
    let type: PhysicalType
    /// Of a fixed length byte array, or of an INT96.
    private let byteCount: Int
    private(set) var int32s: [Int32] = []
    private(set) var int64s: [Int64] = []
    private(set) var floats: [Float] = []
    private(set) var doubles: [Double] = []
    private(set) var bits = Bits()
    private(set) var strings = ByteStrings()

    init(_ kind: LeafKind) {
        type = kind.physical
        byteCount = kind.physical == .int96 ? 12 : kind.typeLength
    }

    var count: Int {
        int32s.count + int64s.count + floats.count + doubles.count + bits.count + strings.count
    }

    // MARK: Encodings

    mutating func appendPlain(_ count: Int, _ reader: inout ByteReader) throws(DecodeError) {
        switch type {
        case .boolean:
            var bytes = try reader.slice((count + 7) / 8)
            var byte: UInt8 = 0
            for index in 0..<count {
                if index % 8 == 0 { byte = try bytes.byte() }
                bits.append(byte >> UInt8(index % 8) & 1 == 1)
            }
        case .int32: for _ in 0..<count { int32s.append(try reader.littleEndian()) }
        case .int64: for _ in 0..<count { int64s.append(try reader.littleEndian()) }
        case .float:
            for _ in 0..<count { floats.append(Float(bitPattern: try reader.littleEndian())) }
        case .double:
            for _ in 0..<count { doubles.append(Double(bitPattern: try reader.littleEndian())) }
        case .byteArray:
            for _ in 0..<count {
                let length = Int(try reader.littleEndian(as: UInt32.self))
                strings.append(try reader.span(length))
            }
        case .fixedLengthByteArray, .int96:
            for _ in 0..<count { strings.append(try reader.span(byteCount)) }
        }
    }

    /// The entries of `dictionary` that the numbers in the page name.
    mutating func appendNumbered(
        _ count: Int, _ dictionary: StoredValues, _ reader: inout ByteReader
    ) throws(DecodeError) {
        let start = reader.position
        var numbers: [UInt32] = []
        if count > 0 {
            let width = Int(try reader.byte())
            try HybridDecoder.append(count, width: width, from: &reader, to: &numbers)
        }
        let entryCount = dictionary.count
        guard numbers.allSatisfy({ Int($0) < entryCount }) else {
            throw .badValue(position: start)
        }
        for number in numbers { append(dictionary, Int(number)) }
    }

    private mutating func append(_ other: StoredValues, _ index: Int) {
        switch type {
        case .boolean: bits.append(other.bits[index])
        case .int32: int32s.append(other.int32s[index])
        case .int64: int64s.append(other.int64s[index])
        case .float: floats.append(other.floats[index])
        case .double: doubles.append(other.doubles[index])
        case .byteArray, .fixedLengthByteArray, .int96: strings.append(other.strings[index])
        }
    }

    mutating func appendRuns(_ count: Int, _ reader: inout ByteReader) throws(DecodeError) {
        var bytes = try reader.slice(Int(try reader.littleEndian(as: UInt32.self)))
        var values: [UInt32] = []
        try HybridDecoder.append(count, width: 1, from: &bytes, to: &values)
        for value in values { bits.append(value & 1 == 1) }
    }

    mutating func appendDeltas(_ count: Int, _ reader: inout ByteReader) throws(DecodeError) {
        for value in try deltas(count, &reader) {
            if type == .int32 {
                int32s.append(Int32(truncatingIfNeeded: value))
            } else {
                int64s.append(value)
            }
        }
    }

    mutating func appendLengths(_ count: Int, _ reader: inout ByteReader) throws(DecodeError) {
        for length in try deltas(count, &reader) {
            strings.append(try reader.span(Int(clamping: length)))
        }
    }

    mutating func appendPrefixed(_ count: Int, _ reader: inout ByteReader) throws(DecodeError) {
        let prefixes = try deltas(count, &reader)
        let lengths = try deltas(count, &reader)
        var last: [UInt8] = []
        var total = 0
        for (prefix, length) in zip(prefixes, lengths) {
            guard prefix >= 0, prefix <= last.count else {
                throw .badLength(position: reader.position)
            }
            last.removeLast(last.count - Int(prefix))
            last.append(copying: try reader.span(Int(clamping: length)))
            total += last.count
            // A prefix repeated over and over makes much of little.
            guard total <= ReaderLimits.pageByteCountMax,
                type == .byteArray || last.count == byteCount
            else { throw .badLength(position: reader.position) }
            strings.append(last.rawSpan)
        }
    }

    mutating func appendStreams(_ count: Int, _ reader: inout ByteReader) throws(DecodeError) {
        let size: Int
        switch type {
        case .int32, .float: size = 4
        case .int64, .double: size = 8
        case .fixedLengthByteArray: size = byteCount
        default: throw .badValue(position: reader.position)
        }
        let bytes = try reader.array(count * size)
        var joined: [UInt8] = []
        joined.reserveCapacity(bytes.count)
        for index in 0..<count {
            for stream in 0..<size { joined.append(bytes[stream * count + index]) }
        }
        var plain = ByteReader(joined.rawSpan)
        try appendPlain(count, &plain)
    }

    private func deltas(_ count: Int, _ reader: inout ByteReader) throws(DecodeError) -> [Int64] {
        let start = reader.position
        let values = try DeltaDecoder.values(count, from: &reader)
        guard values.count == count else { throw .badLength(position: start) }
        return values
    }
}

extension StoredValues {
    /// What the values stand for, in Columns' form.
    func converted(_ kind: LeafKind) throws(ParquetError) -> Column.Values {
        switch kind.conversion {
        case .none: return plain
        case .unsigned32: return .int64(int32s.map { Int64(UInt32(bitPattern: $0)) })
        case .milliseconds:
            return .int64(int64s.map { $0.multipliedReportingOverflow(by: 1000).partialValue })
        case .nanoseconds:
            return .int64(int64s.map { $0 / 1000 - ($0 % 1000 < 0 ? 1 : 0) })
        case .julian: return .int64((0..<strings.count).map { microseconds(ofJulian: $0) })
        case .decimalInteger:
            let wide: [Int128] =
                type == .int32 ? int32s.map { Int128($0) } : int64s.map { Int128($0) }
            return try decimals(kind.type, wide)
        case .decimalBytes:
            var values: [Int128] = []
            values.reserveCapacity(strings.count)
            for index in 0..<strings.count {
                guard let value = Int128(bigEndian: strings.bytes[strings.range(of: index)]) else {
                    throw .inconsistent(.schema)
                }
                values.append(value)
            }
            return try decimals(kind.type, values)
        }
    }

    private var plain: Column.Values {
        switch type {
        case .boolean: .bits(bits)
        case .int32: .int32(int32s)
        case .int64: .int64(int64s)
        case .float: .float(floats)
        case .double: .double(doubles)
        case .byteArray, .fixedLengthByteArray, .int96: .strings(StringValues(strings))
        }
    }

    /// In the storage that the type has here, whatever it has in the file.
    private func decimals(
        _ type: DataType, _ values: [Int128]
    ) throws(ParquetError) -> Column.Values {
        switch type.storage {
        case .int32:
            guard values.allSatisfy({ Int32(exactly: $0) != nil }) else {
                throw .inconsistent(.schema)
            }
            return .int32(values.map { Int32(truncatingIfNeeded: $0) })
        case .int64:
            guard values.allSatisfy({ Int64(exactly: $0) != nil }) else {
                throw .inconsistent(.schema)
            }
            return .int64(values.map { Int64(truncatingIfNeeded: $0) })
        default: return .int128(values)
        }
    }

    /// The nanoseconds of a day and the day's Julian number, as Hive stores timestamps.
    private func microseconds(ofJulian index: Int) -> Int64 {
        let epoch: Int64 = 2_440_588
        var reader = ByteReader(strings[index])
        let nanoseconds = (try? reader.littleEndian(as: Int64.self)) ?? 0
        let day = Int64((try? reader.littleEndian(as: Int32.self)) ?? 0)
        return (day - epoch) &* 86_400_000_000 &+ nanoseconds / 1000
    }
}

extension Int128 {
    /// A big-endian two's complement number; nil when it is longer than 16 bytes.
    fileprivate init?(bigEndian bytes: ArraySlice<UInt8>) {
        guard bytes.count <= 16 else { return nil }
        self = (bytes.first ?? 0) & 0x80 == 0 ? 0 : -1
        for byte in bytes { self = self << 8 | Int128(byte) }
    }
}
