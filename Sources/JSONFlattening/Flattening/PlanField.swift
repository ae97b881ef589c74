internal import Columns

/// One place of the documents that a plan knows: what to do with the values found there.
struct PlanField: Sendable {
    /// The first eight bytes of the key, lowest first, and zeros behind a shorter one.
    var keyHead: UInt64 = 0
    var keyByteCount = 0
    /// Where the key lies in the plan's `keys`.
    var keyStart = 0
    /// The object the field is in; -1 for a table's own value.
    var parent: Int32 = -1
    /// The fields below this one follow it, up to here.
    var end: Int32 = 0
    /// The column of values that are no objects, in the plan's `columns`; -1 without one.
    var column: Int32 = -1
    /// The table whose rows an array or map here holds; -1 without one.
    var child: Int32 = -1
    var table: Int32 = 0
    var treatment = Treatment()

    /// What may happen to values here, beside landing in the column or the child table.
    struct Treatment: OptionSet, Sendable {
        let rawValue: UInt8

        /// Objects are walked, and their fields looked up.
        static let descends = Treatment(rawValue: 1)
        /// Other values are discovered when there is no column.
        static let discovers = Treatment(rawValue: 2)
        static let ignores = Treatment(rawValue: 4)
        /// The child table's container is an object keyed by data.
        static let isMap = Treatment(rawValue: 8)
        /// The column takes objects too.
        static let takesObjects = Treatment(rawValue: 16)
    }
}

/// One column of all tables, and how values get into it.
struct PlanColumn: Sendable {
    let type: DataType
    let conversion: Conversion
}

/// How a value of a document becomes one of a column.
indirect enum Conversion: Sendable {
    /// What lands is not a value of the document.
    case none
    case string
    /// Strings, and numbers and booleans as their text: what is declared as a string.
    case text
    case long
    case int32(ClosedRange<Int64>)
    case double, float
    case boolean
    case date
    /// A text; in whichever form when it is declared.
    case moment(ISO8601.Form)
    /// A number of that many microseconds.
    case epoch(microseconds: Int64)
    case decimal(precision: Int, scale: Int)
    case json
    case list(Conversion)

    init(_ type: ColumnType, _ source: ColumnSource) {
        self =
            switch type {
            case .string: source == .declared ? .text : .string
            case .json: .json
            case .long: .long
            case .integer: .int32(Int64(Int32.min)...Int64(Int32.max))
            case .short: .int32(Int64(Int16.min)...Int64(Int16.max))
            case .byte: .int32(Int64(Int8.min)...Int64(Int8.max))
            case .float: .float
            case .double: .double
            case .boolean: .boolean
            case .date: .date
            case .timestamp(.iso): .moment(source == .declared ? .usual : .plain)
            case .timestamp(.seconds): .epoch(microseconds: 1_000_000)
            case .timestamp(.milliseconds): .epoch(microseconds: 1_000)
            case .timestamp(.microseconds): .epoch(microseconds: 1)
            case .decimal(let precision, let scale): .decimal(precision: precision, scale: scale)
            case .list(let element): .list(Conversion(element, source))
            }
    }
}
