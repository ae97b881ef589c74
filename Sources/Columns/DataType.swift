/// What the values of a column are, in the vocabulary of Delta tables.
package indirect enum DataType: Hashable, Sendable {
    case string, binary, boolean
    /// Signed integers of 64, 32, 16 and 8 bits.
    case long, integer, short, byte
    case float, double
    /// `precision` digits at most, `scale` of them behind the point.
    case decimal(precision: Int, scale: Int)
    /// Days since 1970-01-01.
    case date
    /// Microseconds since 1970-01-01T00:00:00Z.
    case timestamp
    /// Microseconds since 1970-01-01T00:00:00 on a wall clock that nobody named.
    case timestampNTZ
    case structure([Field])
    case array(element: DataType, containsNull: Bool)
    case map(key: DataType, value: DataType, valueContainsNull: Bool)

    /// The most digits a decimal can have.
    package static let precisionMax = 38

    /// How the values lie in memory.
    package var storage: ColumnStorage {
        switch self {
        case .string, .binary: .bytes
        case .boolean: .bits
        case .long, .timestamp, .timestampNTZ: .int64
        case .integer, .short, .byte, .date: .int32
        case .float: .float
        case .double: .double
        case .decimal(let precision, _):
            precision <= 9 ? .int32 : precision <= 18 ? .int64 : .int128
        case .structure, .array, .map: .group
        }
    }

    /// The columns below this one: fields, the element, or key and value.
    package var children: [Field] {
        switch self {
        case .structure(let fields): fields
        case .array(let element, let containsNull):
            [Field("element", element, isNullable: containsNull)]
        case .map(let key, let value, let valueContainsNull):
            [
                Field("key", key, isNullable: false),
                Field("value", value, isNullable: valueContainsNull),
            ]
        default: []
        }
    }

    /// Whether one place of a column of this type holds any number of places of its children.
    package var isRepeated: Bool {
        switch self {
        case .array, .map: true
        default: false
        }
    }
}

/// How the values of a column lie in memory.
@usableFromInline
package enum ColumnStorage: Sendable {
    case int32, int64, int128, float, double, bits, bytes
    /// Nothing of its own but places; the values are in the columns below.
    case group
}

/// A named column, and whether it may hold nulls.
package struct Field: Hashable, Sendable {
    /// As tables write it; the case matters.
    package let name: String
    /// What its values are.
    package let type: DataType
    /// Whether a place may be without a value.
    package let isNullable: Bool

    /// A column that may hold nulls, unless it is said that it may not.
    package init(_ name: String, _ type: DataType, isNullable: Bool = true) {
        self.name = name
        self.type = type
        self.isNullable = isNullable
    }
}

/// The columns of a table, in order.
package struct Schema: Hashable, Sendable {
    /// In order.
    package var fields: [Field]

    /// The columns in this order.
    package init(_ fields: [Field]) { self.fields = fields }

    /// The position of the column called `name`, exactly so.
    package func index(of name: String) -> Int? { fields.firstIndex { $0.name == name } }
}
