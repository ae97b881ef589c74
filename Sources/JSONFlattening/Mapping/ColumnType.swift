package import Columns

/// What a column takes from JSON, and what its values become.
package indirect enum ColumnType: Hashable, Sendable {
    case string
    case long, integer, short, byte
    case float, double
    case boolean
    case date
    case timestamp(TimestampForm)
    case decimal(precision: Int, scale: Int)
    /// Any value, as its JSON text.
    case json
    /// An array of one of the others.
    case list(ColumnType)

    /// The type of the table's column.
    package var dataType: DataType {
        switch self {
        case .string, .json: .string
        case .long: .long
        case .integer: .integer
        case .short: .short
        case .byte: .byte
        case .float: .float
        case .double: .double
        case .boolean: .boolean
        case .date: .date
        case .timestamp: .timestamp
        case .decimal(let precision, let scale): .decimal(precision: precision, scale: scale)
        case .list(let element): .array(element: element.dataType, containsNull: true)
        }
    }
}

/// How a moment is written in JSON.
package enum TimestampForm: String, CaseIterable, Sendable {
    /// As text (ISO 8601); without an offset it is UTC.
    case iso
    /// As a number since 1970-01-01T00:00:00Z.
    case seconds, milliseconds, microseconds
}

extension ColumnType {
    /// The names of the types that are written without more.
    static let plain: [(name: String, type: ColumnType)] = [
        ("string", .string), ("long", .long), ("integer", .integer), ("short", .short),
        ("byte", .byte), ("float", .float), ("double", .double), ("boolean", .boolean),
        ("date", .date), ("timestamp", .timestamp(.iso)), ("json", .json),
    ]

    /// The type called `name`; a timestamp is one in text.
    init?(named name: String) {
        if let found = Self.plain.first(where: { $0.name == name }) {
            self = found.type
        } else if let (precision, scale) = Self.decimal(name) {
            self = .decimal(precision: precision, scale: scale)
        } else {
            return nil
        }
    }

    /// The name; a timestamp's form and a list are told apart by other keys of a mapping.
    var name: String {
        switch self {
        case .timestamp: "timestamp"
        case .decimal(let precision, let scale): "decimal(\(precision),\(scale))"
        case .list(let element): element.name
        default: Self.plain.first { $0.type == self }?.name ?? ""
        }
    }

    private static func decimal(_ name: String) -> (Int, Int)? {
        guard name.hasPrefix("decimal("), name.hasSuffix(")") else { return nil }
        let numbers = name.dropFirst("decimal(".count).dropLast().split(separator: ",").map {
            Int($0.filter { $0 != " " })
        }
        guard numbers.count == 2, let precision = numbers[0], let scale = numbers[1],
            (1...DataType.precisionMax).contains(precision), (0...precision).contains(scale)
        else { return nil }
        return (precision, scale)
    }
}
