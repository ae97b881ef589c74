internal import Columns

/// Makes what a file holds what the table says: fields by name, missing ones null, and the types
/// that a table may have widened since (PROTOCOL.md, "Type Widening").
enum ColumnConversion {
    /// A column with the table's type; nil when the file's is none that becomes it.
    static func column(_ column: Column, as type: DataType) -> Column? {
        if column.type == type { return column }
        switch (column.values, type) {
        case (.structure(let columns), .structure(let fields)):
            return structure(column, columns, as: type, fields)
        case (.lists(let ends, let columns), .array), (.lists(let ends, let columns), .map):
            let children = type.children
            guard children.count == columns.count else { return nil }
            var converted: [Column] = []
            for (child, field) in zip(columns, children) {
                guard let below = self.column(child, as: field.type) else { return nil }
                converted.append(below)
            }
            return Column(
                type: type, validity: column.validity, values: .lists(ends: ends, converted))
        default:
            return values(column, as: type).map {
                Column(type: type, validity: column.validity, values: $0)
            }
        }
    }

    /// A column of nulls.
    static func nulls(_ count: Int, of type: DataType) -> Column {
        var builder = ColumnBuilder(type)
        builder.appendNulls(count)
        return builder.take()
    }

    private static func structure(
        _ column: Column, _ columns: [Column], as type: DataType, _ fields: [Field]
    ) -> Column? {
        let names = column.type.children.map(\.name)
        var converted: [Column] = []
        for field in fields {
            if let index = names.firstIndex(of: field.name), index < columns.count {
                guard let below = self.column(columns[index], as: field.type) else { return nil }
                converted.append(below)
            } else {
                converted.append(nulls(column.valueCount, of: field.type))
            }
        }
        return Column(type: type, validity: column.validity, values: .structure(converted))
    }

    private static func values(_ column: Column, as type: DataType) -> Column.Values? {
        switch (column.values, column.type, type) {
        case (.int32(let values), .decimal(_, let from), .decimal(_, let to)):
            return decimals(values.map { Int128($0) }, from, type, to)
        case (.int64(let values), .decimal(_, let from), .decimal(_, let to)):
            return decimals(values.map { Int128($0) }, from, type, to)
        case (.int128(let values), .decimal(_, let from), .decimal(_, let to)):
            return decimals(values, from, type, to)
        case (.int32(let values), .byte, .decimal(_, let to)),
            (.int32(let values), .short, .decimal(_, let to)),
            (.int32(let values), .integer, .decimal(_, let to)):
            return decimals(values.map { Int128($0) }, 0, type, to)
        case (.int64(let values), .long, .decimal(_, let to)):
            return decimals(values.map { Int128($0) }, 0, type, to)
        case (.int32(let values), .date, .timestampNTZ):
            return .int64(values.map { Int64($0) * 86_400_000_000 })
        case (_, .date, _), (_, .decimal, _), (_, _, .date), (_, _, .decimal): return nil
        case (.int32(let values), _, .long): return .int64(values.map { Int64($0) })
        case (.int32(let values), _, .double): return .double(values.map { Double($0) })
        case (.float(let values), _, .double): return .double(values.map { Double($0) })
        // Numbers of one size may be a file's other name for the same values.
        case (.int32(let values), _, _) where type.storage == .int32:
            return narrowed(values, to: type)
        case (.int64, _, _) where type.storage == .int64: return column.values
        case (.strings, _, _) where type.storage == .bytes: return column.values
        default: return nil
        }
    }

    private static func narrowed(_ values: [Int32], to type: DataType) -> Column.Values? {
        switch type {
        case .byte where !values.allSatisfy({ Int8(exactly: $0) != nil }): nil
        case .short where !values.allSatisfy({ Int16(exactly: $0) != nil }): nil
        default: .int32(values)
        }
    }

    /// The same decimals with more digits behind the point, stored as `type` is.
    private static func decimals(
        _ values: [Int128], _ from: Int, _ type: DataType, _ to: Int
    ) -> Column.Values? {
        guard from <= to, case .decimal(let precision, _) = type else { return nil }
        let factor = (from..<to).reduce(Int128(1)) { product, _ in product * 10 }
        let limit = (0..<precision).reduce(Int128(1)) { product, _ in product * 10 }
        var scaled: [Int128] = []
        scaled.reserveCapacity(values.count)
        for value in values {
            let (product, overflow) = value.multipliedReportingOverflow(by: factor)
            guard !overflow, product < limit, product > -limit else { return nil }
            scaled.append(product)
        }
        switch type.storage {
        case .int32: return .int32(scaled.map { Int32(truncatingIfNeeded: $0) })
        case .int64: return .int64(scaled.map { Int64(truncatingIfNeeded: $0) })
        default: return .int128(scaled)
        }
    }
}
