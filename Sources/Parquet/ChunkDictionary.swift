internal import Bytes
internal import Columns

/// The dictionary of a column chunk: its page, and the number of each value of a prefix.
struct ChunkDictionary: Sendable {
    let numbers: [UInt32]
    let entryCount: Int
    /// The entries, PLAIN.
    let page: [UInt8]

    /// The bits of a number.
    var width: Int { HybridEncoder.width(of: max(0, entryCount - 1)) }

    /// The dictionary of `leaf`; nil when it would not make the chunk smaller, or the type has
    /// none.
    static func make(_ leaf: LeafColumn, budget: Int) -> ChunkDictionary? {
        let dictionary: ChunkDictionary
        let plainByteCount: Int
        switch leaf.column.values {
        case .int32(let values):
            dictionary = numbering(values.span, budget) { UInt32(bitPattern: $0) }
            plainByteCount = dictionary.numbers.count * 4
        case .int64(let values):
            dictionary = numbering(values.span, budget) { UInt64(bitPattern: $0) }
            plainByteCount = dictionary.numbers.count * 8
        case .float(let values):
            dictionary = numbering(values.span, budget) { $0.bitPattern }
            plainByteCount = dictionary.numbers.count * 4
        case .double(let values):
            dictionary = numbering(values.span, budget) { $0.bitPattern }
            plainByteCount = dictionary.numbers.count * 8
        case .strings(let values):
            dictionary = taking(values)
            // About: every entry is taken to be as frequent as the others.
            plainByteCount =
                dictionary.numbers.count * dictionary.page.count / max(1, dictionary.entryCount)
        case .int128, .bits, .structure, .lists: return nil
        }
        let byteCount = dictionary.page.count + dictionary.numbers.count * dictionary.width / 8
        return byteCount < plainByteCount ? dictionary : nil
    }

    private static func numbering<
        Value, Pattern: FixedWidthInteger & UnsignedInteger & BitwiseCopyable
    >(
        _ values: Span<Value>, _ budget: Int, _ pattern: (Value) -> Pattern
    ) -> ChunkDictionary {
        let found = NumberDictionary(values, budget: budget, pattern)
        return ChunkDictionary(
            numbers: found.numbers, entryCount: found.entries.count,
            page: [UInt8](copying: found.entries.span.rawSpan))
    }

    private static func taking(_ values: StringValues) -> ChunkDictionary {
        var page: [UInt8] = []
        let entryCount = values.dictionary.count
        page.reserveCapacity(values.dictionary.bytes.count + entryCount * 4)
        for number in 0..<entryCount { page.append(plain: values.dictionary[number]) }
        return ChunkDictionary(numbers: values.numbers, entryCount: entryCount, page: page)
    }
}

extension [UInt8] {
    /// Appends a byte string as PLAIN has it: its length, then its bytes.
    mutating func append(plain string: RawSpan) {
        append(littleEndian: UInt32(string.byteCount))
        append(copying: string)
    }
}
