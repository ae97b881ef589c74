internal import Bytes
internal import Columns

/// A split-block bloom filter (BloomFilter.md of parquet-format) of the values of one chunk.
struct BloomFilter {
    private var words: [UInt32]
    private let blockCount: UInt64

    private static let salts: [UInt32] = [
        0x47b6_137b, 0x4497_4d91, 0x8824_ad5b, 0xa2b7_289d,
        0x7054_95c7, 0x2df1_424b, 0x9efc_4947, 0x5c6b_fb31,
    ]
    /// About one in a hundred values that are not there seems to be.
    private static let bitsPerValue = 10.5

    /// Nil for booleans, which have none.
    init?(_ leaf: LeafColumn, _ dictionary: ChunkDictionary?) {
        if case .bits = leaf.column.values { return nil }
        let valueCount = Self.distinctCountMax(leaf, dictionary)
        let blocks = Int(Double(valueCount) * Self.bitsPerValue / 256) + 1
        blockCount = UInt64(blocks)
        words = [UInt32](repeating: 0, count: blocks * 8)
        switch leaf.column.values {
        case .strings(let values):
            for index in 0..<values.dictionary.count {
                insert(XXH64.hash(values.dictionary[index]))
            }
            for index in 0..<values.rest.count { insert(XXH64.hash(values.rest[index])) }
        default:
            let size = Self.byteCount(of: leaf)
            var plain: [UInt8] = []
            ValueEncoder.appendPlain(leaf, 0..<leaf.column.valueCount, to: &plain)
            for index in 0..<leaf.column.valueCount {
                insert(XXH64.hash(plain.rawSpan.extracting(index * size..<(index + 1) * size)))
            }
        }
    }

    /// How many different values there are, or more.
    private static func distinctCountMax(
        _ leaf: LeafColumn, _ dictionary: ChunkDictionary?
    ) -> Int {
        if case .strings(let values) = leaf.column.values {
            return values.dictionary.count + values.rest.count
        }
        guard let dictionary else { return leaf.column.valueCount }
        return dictionary.entryCount + leaf.column.valueCount - dictionary.numbers.count
    }

    private static func byteCount(of leaf: LeafColumn) -> Int {
        switch leaf.column.values {
        case .int32, .float: 4
        case .int128: leaf.leaf.typeLength
        default: 8
        }
    }

    private mutating func insert(_ hash: UInt64) {
        let block = Int(((hash >> 32) &* blockCount) >> 32)
        let key = UInt32(truncatingIfNeeded: hash)
        for (index, salt) in Self.salts.enumerated() {
            words[block * 8 + index] |= 1 << ((key &* salt) >> 27)
        }
    }

    /// The header and the bits.
    func encoded() -> [UInt8] {
        var bytes = ThriftWriter.encode { writer in
            writer.field(1, int32: Int32(words.count * 4))
            // Each a union with one empty member: split block, XXH64, uncompressed.
            for number: Int16 in 2...4 { writer.field(number) { $0.field(1) { _ in } } }
        }
        for word in words { bytes.append(littleEndian: word) }
        return bytes
    }
}

/// XXH64 with seed 0 (xxHash specification 0.1.1).
enum XXH64 {
    private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
    private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
    private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
    private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

    static func hash(_ bytes: RawSpan) -> UInt64 {
        var reader = ByteReader(bytes)
        var hash = reader.remaining >= 32 ? stripes(&reader) : prime5
        hash &+= UInt64(bytes.byteCount)
        while reader.remaining >= 8 {
            hash = rotated(hash ^ round(0, word(&reader)), 27) &* prime1 &+ prime4
        }
        if reader.remaining >= 4 {
            let half = UInt64((try? reader.littleEndian(as: UInt32.self)) ?? 0)
            hash = rotated(hash ^ half &* prime1, 23) &* prime2 &+ prime3
        }
        while reader.remaining > 0 {
            let byte = UInt64((try? reader.byte()) ?? 0)
            hash = rotated(hash ^ byte &* prime5, 11) &* prime1
        }
        hash = (hash ^ hash >> 33) &* prime2
        hash = (hash ^ hash >> 29) &* prime3
        return hash ^ hash >> 32
    }

    private static func stripes(_ reader: inout ByteReader) -> UInt64 {
        var lanes = [prime1 &+ prime2, prime2, 0, 0 &- prime1]
        while reader.remaining >= 32 {
            for lane in 0..<4 { lanes[lane] = round(lanes[lane], word(&reader)) }
        }
        var hash =
            rotated(lanes[0], 1) &+ rotated(lanes[1], 7) &+ rotated(lanes[2], 12)
            &+ rotated(lanes[3], 18)
        for lane in lanes { hash = (hash ^ round(0, lane)) &* prime1 &+ prime4 }
        return hash
    }

    private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        rotated(lane &+ word &* prime2, 31) &* prime1
    }

    private static func rotated(_ value: UInt64, _ count: UInt64) -> UInt64 {
        value << count | value >> (64 - count)
    }

    private static func word(_ reader: inout ByteReader) -> UInt64 {
        // The callers have looked at `remaining`.
        (try? reader.littleEndian(as: UInt64.self)) ?? 0
    }
}
