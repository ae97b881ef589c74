internal import Bytes
internal import Columns

/// A number for a multiset of rows: equal rows in another order or other files give the same.
///
/// Each row is a CRC-32C over its values, spread to 64 bits together with a second one, and the
/// rows are added up; so a row that is lost, doubled or changed shows in the sum.
struct RowDigest: Equatable, Sendable {
    private(set) var rowCount: Int64 = 0
    private var sum: UInt64 = 0

    /// Takes in the rows of a batch, column by column.
    mutating func add(_ batch: ColumnBatch) {
        var rows = [UInt64](repeating: 0x9E37_79B9_7F4A_7C15, count: batch.rowCount)
        for (index, column) in batch.columns.enumerated() {
            Self.fold(column, seed: UInt64(index + 1), into: &rows)
        }
        for row in rows { sum &+= Self.mixed(row) }
        rowCount += Int64(batch.rowCount)
    }

    private static func fold(_ column: Column, seed: UInt64, into rows: inout [UInt64]) {
        var index = 0
        for place in 0..<column.count {
            var value: UInt64 = 0
            if column.validity[place] {
                value = hash(column.values, index)
                index += 1
            }
            rows[place] = mixed(rows[place] ^ (value &+ seed &* 0xD6E8_FEB8_6659_FD93))
        }
    }

    private static func hash(_ values: Column.Values, _ index: Int) -> UInt64 {
        switch values {
        case .int32(let values): return mixed(UInt64(bitPattern: Int64(values[index])) &+ 1)
        case .int64(let values): return mixed(UInt64(bitPattern: values[index]) &+ 1)
        case .int128(let values):
            let value = values[index]
            let high = UInt64(truncatingIfNeeded: value >> 64)
            return mixed(UInt64(truncatingIfNeeded: value) &+ 1 ^ mixed(high))
        case .float(let values): return mixed(UInt64(values[index].bitPattern) &+ 1)
        case .double(let values): return mixed(values[index].bitPattern &+ 1)
        case .bits(let bits): return bits[index] ? 0xA5A5 : 0x5A5A
        case .strings(let strings): return hash(strings[index])
        case .structure(let columns):
            return columns.reduce(0xC2B2_AE3D) { mixed($0 ^ hash(place: index, of: $1)) }
        case .lists(let ends, let columns):
            var result: UInt64 = 0x27D4_EB2F
            for place in (index == 0 ? 0 : ends[index - 1])..<ends[index] {
                for column in columns { result = mixed(result ^ hash(place: place, of: column)) }
            }
            return result
        }
    }

    /// WHY: places of nested columns are found by counting, which costs their number; tables of
    /// ours have few of them.
    private static func hash(place: Int, of column: Column) -> UInt64 {
        guard column.validity[place] else { return 0 }
        let index = column.validity.valueCount(in: 0..<place)
        return hash(column.values, index)
    }

    private static func hash(_ bytes: RawSpan) -> UInt64 {
        let first = UInt64(CRC32C.checksum(bytes))
        return mixed(first | UInt64(truncatingIfNeeded: bytes.byteCount) << 32)
    }

    private static func mixed(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        return (product.high ^ product.low) &+ 0x9E37_79B9_7F4A_7C15
    }
}
