internal import Bytes

/// Reads a column's places one after another.
///
/// The values lie without gaps, so a place's value is found by counting those before it; a cursor
/// keeps the count.
package struct ColumnCursor: Sendable {
    private let column: Column
    /// The place to be read next.
    package private(set) var place = 0
    private var value = 0
    private var children: [ColumnCursor] = []

    /// Before the first place of the column.
    package init(_ column: Column) {
        self.column = column
        switch column.values {
        case .structure(let columns), .lists(_, let columns):
            children = columns.map(ColumnCursor.init)
        default: break
        }
    }

    /// Whether all places were read.
    package var isAtEnd: Bool { place == column.count }

    /// The value of the next place as a tree.
    package mutating func next() -> ColumnValue {
        precondition(!isAtEnd, "there is no place \(place) among \(column.count)")
        let isValue = column.validity[place]
        place += 1
        guard isValue else { return .null }
        let index = value
        value += 1
        switch column.values {
        case .int32(let values): return .integer(Int128(values[index]))
        case .int64(let values): return .integer(Int128(values[index]))
        case .int128(let values): return .integer(values[index])
        case .float(let values): return .float(values[index])
        case .double(let values): return .double(values[index])
        case .bits(let values): return .boolean(values[index])
        case .strings(let values): return .bytes([UInt8](copying: values[index]))
        case .structure: return .structure(children.indices.map { children[$0].next() })
        case .lists(let ends, let columns):
            var elements: [ColumnValue] = []
            for _ in (index == 0 ? 0 : ends[index - 1])..<ends[index] {
                elements.append(
                    columns.count == 1
                        ? children[0].next()
                        : .structure(children.indices.map { children[$0].next() }))
            }
            return .list(elements)
        }
    }
}

/// One value of a column, for readers of few rows: the log's own files, and tests.
package enum ColumnValue: Equatable, Sendable {
    case null
    /// Integers, dates, timestamps and decimals without their point.
    case integer(Int128)
    case float(Float)
    case double(Double)
    case boolean(Bool)
    case bytes([UInt8])
    /// In the order of the fields; of a map's entry, key and value.
    case structure([ColumnValue])
    case list([ColumnValue])

    /// The string; nil for other values, and for bytes that are no UTF-8.
    package var text: String? {
        guard case .bytes(let bytes) = self else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// The integer; nil for other values, and beyond 64 bits.
    package var integer: Int64? {
        guard case .integer(let value) = self else { return nil }
        return Int64(exactly: value)
    }

    /// The boolean; nil for other values.
    package var boolean: Bool? {
        guard case .boolean(let value) = self else { return nil }
        return value
    }

    /// The elements of a list; nil for other values.
    package var elements: [ColumnValue]? {
        guard case .list(let elements) = self else { return nil }
        return elements
    }

    /// The fields of a structure; nil for other values.
    package var fields: [ColumnValue]? {
        guard case .structure(let fields) = self else { return nil }
        return fields
    }
}
