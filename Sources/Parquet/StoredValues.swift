internal import Bytes
internal import Columns

/// The values of one leaf as a file stores them: what its pages add up to.
///
/// One of the arrays is in use, by the physical type. Byte strings stay numbers of the chunk's
/// dictionary as long as the pages have them so, as in `StringValues`.
struct StoredValues {
    let type: PhysicalType
    /// Of a fixed length byte array, or of an INT96.
    private let byteCount: Int
    private(set) var int32s: [Int32] = []
    private(set) var int64s: [Int64] = []
    private(set) var floats: [Float] = []
    private(set) var doubles: [Double] = []
    private(set) var bits = Bits()
    private var numbers: [UInt32] = []
    private var strings = ByteStrings()
    private var dictionary = Dictionary()

    private struct Dictionary {
        var int32s: [Int32] = []
        var int64s: [Int64] = []
        var floats: [Float] = []
        var doubles: [Double] = []
        var bits = Bits()
        var strings = ByteStrings()
        var count = 0
    }

    init(_ kind: LeafKind) {
        type = kind.physical
        byteCount = kind.physical == .int96 ? 12 : kind.typeLength
    }

    var count: Int {
        switch type {
        case .boolean: bits.count
        case .int32: int32s.count
        case .int64: int64s.count
        case .float: floats.count
        case .double: doubles.count
        case .byteArray, .fixedLengthByteArray, .int96: numbers.count + strings.count
        }
    }

    /// The byte strings.
    var stringValues: StringValues {
        StringValues(dictionary: dictionary.strings, numbers: numbers, rest: strings)
    }

    // MARK: Pages

    /// Takes the values of a dictionary page, which comes before all others.
    mutating func readDictionary(_ count: Int, _ reader: inout ByteReader) throws(DecodeError) {
        assert(self.count == 0, "values came before the dictionary")
        try appendPlain(count, &reader)
        dictionary = Dictionary(
            int32s: int32s, int64s: int64s, floats: floats, doubles: doubles, bits: bits,
            strings: strings, count: self.count)
        int32s = []
        int64s = []
        floats = []
        doubles = []
        bits = Bits()
        strings = ByteStrings()
    }

    /// Appends the values of a page, which `encoding` holds. Returns how many bytes of strings were
    /// made that the page does not have; they are at most `copyByteCountMax`.
    mutating func append(
        _ count: Int, _ encoding: Encoding, _ reader: inout ByteReader,
        copying copyByteCountMax: Int
    ) throws(DecodeError) -> Int {
        switch encoding {
        case .plain: try appendPlain(count, &reader)
        case .rleDictionary, .plainDictionary:
            return try appendNumbered(count, &reader, copyByteCountMax)
        case .rle: try appendRuns(count, &reader)
        case .deltaBinaryPacked: try appendDeltas(count, &reader)
        case .deltaLengthByteArray: try appendLengths(count, &reader)
        case .deltaByteArray: return try appendPrefixed(count, &reader, copyByteCountMax)
        case .byteStreamSplit: try appendStreams(count, &reader)
        case .bitPacked: preconditionFailure("no values are in the encoding of old levels")
        }
        return 0
    }

    private mutating func appendPlain(
        _ count: Int, _ reader: inout ByteReader
    ) throws(DecodeError) {
        switch type {
        case .boolean:
            let bytes = try reader.span((count + 7) / 8)
            for index in 0..<count {
                bits.append(bytes.littleEndianWord(at: index >> 3) >> UInt64(index & 7) & 1 == 1)
            }
        case .int32: int32s.append(littleEndian: try reader.span(count * 4))
        case .int64: int64s.append(littleEndian: try reader.span(count * 8))
        case .float: floats.append(littleEndian: try reader.span(count * 4))
        case .double: doubles.append(littleEndian: try reader.span(count * 8))
        case .byteArray:
            for _ in 0..<count {
                let length = Int(try reader.littleEndian(as: UInt32.self))
                strings.append(try reader.span(length))
            }
        case .fixedLengthByteArray, .int96:
            for _ in 0..<count { strings.append(try reader.span(byteCount)) }
        }
    }

    /// The entries of the dictionary that the numbers in the page name.
    private mutating func appendNumbered(
        _ count: Int, _ reader: inout ByteReader, _ copyByteCountMax: Int
    ) throws(DecodeError) -> Int {
        let start = reader.position
        var named: [UInt32] = []
        if count > 0 {
            let width = Int(try reader.byte())
            try HybridDecoder.append(count, width: width, from: &reader, to: &named)
        }
        let entryCount = dictionary.count
        guard named.allSatisfy({ Int($0) < entryCount }) else { throw .badValue(position: start) }
        switch type {
        case .boolean: for number in named { bits.append(dictionary.bits[Int(number)]) }
        case .int32: Self.gather(named, dictionary.int32s, to: &int32s)
        case .int64: Self.gather(named, dictionary.int64s, to: &int64s)
        case .float: Self.gather(named, dictionary.floats, to: &floats)
        case .double: Self.gather(named, dictionary.doubles, to: &doubles)
        case .byteArray, .fixedLengthByteArray, .int96:
            guard strings.count > 0 else {
                numbers.append(contentsOf: named)
                return 0
            }
            return try appendCopies(of: named, copyByteCountMax, at: start)
        }
        return 0
    }

    private static func gather<Value>(
        _ numbers: [UInt32], _ entries: [Value], to values: inout [Value]
    ) {
        values.reserveCapacity(values.count + numbers.count)
        for number in numbers { values.append(entries[Int(number)]) }
    }

    /// Strings of the dictionary behind strings that have no number: no writer does that, but it
    /// is not forbidden.
    private mutating func appendCopies(
        of named: [UInt32], _ byteCountMax: Int, at position: Int
    ) throws(DecodeError) -> Int {
        let entries = dictionary.strings
        let start = strings.bytes.count
        for number in named {
            let entry = entries[Int(number)]
            guard strings.bytes.count - start + entry.byteCount <= byteCountMax else {
                throw .badLength(position: position)
            }
            strings.append(entry)
        }
        return strings.bytes.count - start
    }

    private mutating func appendRuns(
        _ count: Int, _ reader: inout ByteReader
    ) throws(DecodeError) {
        var bytes = try reader.slice(Int(try reader.littleEndian(as: UInt32.self)))
        var values: [UInt8] = []
        try HybridDecoder.append(count, width: 1, from: &bytes, to: &values)
        for value in values { bits.append(value & 1 == 1) }
    }

    private mutating func appendDeltas(
        _ count: Int, _ reader: inout ByteReader
    ) throws(DecodeError) {
        let values = try DeltaDecoder.values(count, from: &reader)
        if type == .int32 {
            int32s.append(contentsOf: values.lazy.map { Int32(truncatingIfNeeded: $0) })
        } else {
            int64s.append(contentsOf: values)
        }
    }

    private mutating func appendLengths(
        _ count: Int, _ reader: inout ByteReader
    ) throws(DecodeError) {
        for length in try DeltaDecoder.values(count, from: &reader) {
            strings.append(try reader.span(Int(clamping: length)))
        }
    }

    private mutating func appendPrefixed(
        _ count: Int, _ reader: inout ByteReader, _ byteCountMax: Int
    ) throws(DecodeError) -> Int {
        let prefixes = try DeltaDecoder.values(count, from: &reader)
        let lengths = try DeltaDecoder.values(count, from: &reader)
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
            guard total <= byteCountMax, type == .byteArray || last.count == byteCount else {
                throw .badLength(position: reader.position)
            }
            strings.append(last.rawSpan)
        }
        return total
    }

    private mutating func appendStreams(
        _ count: Int, _ reader: inout ByteReader
    ) throws(DecodeError) {
        let size =
            switch type {
            case .int32, .float: 4
            case .int64, .double: 8
            default: byteCount
            }
        let (total, overflow) = count.multipliedReportingOverflow(by: size)
        guard !overflow else { throw .badLength(position: reader.position) }
        let bytes = try reader.span(total)
        var joined: [UInt8] = []
        joined.reserveCapacity(total)
        for index in 0..<count {
            for stream in 0..<size {
                joined.append(
                    UInt8(truncatingIfNeeded: bytes.littleEndianWord(at: stream * count + index)))
            }
        }
        var plain = ByteReader(joined.rawSpan)
        try appendPlain(count, &plain)
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
        case .julian:
            let all = stringValues
            return .int64((0..<all.count).map { Self.microseconds(ofJulian: all[$0]) })
        case .decimalInteger:
            let wide: [Int128] =
                type == .int32 ? int32s.map { Int128($0) } : int64s.map { Int128($0) }
            return try decimals(kind.type, wide)
        case .decimalBytes:
            let all = stringValues
            var values: [Int128] = []
            values.reserveCapacity(all.count)
            for index in 0..<all.count {
                guard let value = Int128(bigEndian: all[index]) else {
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
        case .byteArray, .fixedLengthByteArray, .int96: .strings(stringValues)
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
    private static func microseconds(ofJulian value: RawSpan) -> Int64 {
        let epoch: Int64 = 2_440_588
        var reader = ByteReader(value)
        let nanoseconds = (try? reader.littleEndian(as: Int64.self)) ?? 0
        let day = Int64((try? reader.littleEndian(as: Int32.self)) ?? 0)
        return (day - epoch) &* 86_400_000_000 &+ nanoseconds / 1000
    }
}

extension Int128 {
    /// A big-endian two's complement number; nil when it is longer than 16 bytes.
    fileprivate init?(bigEndian bytes: RawSpan) {
        guard bytes.byteCount <= 16 else { return nil }
        self = 0
        for index in bytes.byteOffsets {
            let byte = UInt8(truncatingIfNeeded: bytes.littleEndianWord(at: index))
            if index == 0 && byte & 0x80 != 0 { self = -1 }
            self = self << 8 | Int128(byte)
        }
    }
}
