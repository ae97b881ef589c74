internal import Bytes
internal import Columns

/// One place of the documents that a plan knows: what to do with the values found there.
struct PlanField: Sendable, BitwiseCopyable {
    /// The first eight bytes of the key, lowest first, and zeros behind a shorter one.
    var keyHead: UInt64 = 0
    var keyByteCount: Int32 = 0
    /// Where the key lies in the plan's `keys`.
    var keyStart: Int32 = 0
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

    var keyRange: Range<Int> {
        let start = Int(keyStart)
        return start..<start + Int(keyByteCount)
    }

    /// Whether the string at `key` is the field's key, whose bytes lie in `keys`.
    @inline(__always)
    func hasKey(_ key: Int, of tape: Tape, among keys: [UInt8]) -> Bool {
        let start = tape.payload(key)
        guard tape.stringByteCount(at: start) == Int(keyByteCount) else { return false }
        let head = tape.strings.littleEndian64(at: start &+ 4)
        if keyByteCount >= 8 {
            guard head == keyHead, keyByteCount > 8 else { return head == keyHead }
            return keys.rawSpan.extracting(keyRange).isEqual(to: tape.string(key))
        }
        let unused = UInt64(truncatingIfNeeded: 64 &- 8 &* Int(keyByteCount))
        return keyByteCount == 0 || (head ^ keyHead) &<< unused == 0
    }

    /// Whether the characters at `range` are the field's key, and none of them is an escape.
    @inline(__always)
    func hasKey(_ range: Range<Int>, of body: borrowing IndexedBody, among keys: [UInt8]) -> Bool {
        guard range.count == Int(keyByteCount), treatment.contains(.hasPlainKey) else {
            return false
        }
        let difference = body.bytes.littleEndian64(at: range.lowerBound) ^ keyHead
        if keyByteCount > 8 {
            return difference == 0
                && keys.rawSpan.extracting(keyRange).isEqual(to: body.bytes.extracting(range))
        }
        let unused = UInt64(truncatingIfNeeded: 64 &- 8 &* Int(keyByteCount))
        return keyByteCount == 0 || difference &<< unused == 0
    }

    /// What may happen to values here, beside landing in the column or the child table.
    struct Treatment: OptionSet, Sendable, BitwiseCopyable {
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
        /// JSON writes the key as it is.
        static let hasPlainKey = Treatment(rawValue: 32)
    }
}

/// One column of all tables, and how values get into it.
struct PlanColumn: Sendable {
    let type: DataType
    let landing: Landing
}

/// How values of documents get into a column.
struct Landing: Sendable, BitwiseCopyable {
    var conversion = Conversion.none
    /// Whether the column takes arrays, whose elements are converted.
    var isList = false

    init() {}

    init(_ type: ColumnType, _ source: ColumnSource) {
        if case .list(let element) = type {
            conversion = Conversion(element, source)
            isList = true
        } else {
            conversion = Conversion(type, source)
        }
    }
}

/// How a value of a document becomes one of a column.
enum Conversion: Sendable, BitwiseCopyable {
    /// What lands is not a value of the document.
    case none
    case string
    /// Strings, and numbers and booleans as their text: what is declared as a string.
    case text
    case long
    case int32(lowest: Int64, highest: Int64)
    case double, float
    case boolean
    case date
    /// A text; in whichever form when it is declared.
    case moment(ISO8601.Form)
    /// A number of that many microseconds.
    case epoch(microseconds: Int64)
    case decimal(precision: Int, scale: Int)
    case json

    init(_ type: ColumnType, _ source: ColumnSource) {
        self =
            switch type {
            case .string: source == .declared ? .text : .string
            case .json: .json
            case .long: .long
            case .integer: .int32(lowest: Int64(Int32.min), highest: Int64(Int32.max))
            case .short: .int32(lowest: Int64(Int16.min), highest: Int64(Int16.max))
            case .byte: .int32(lowest: Int64(Int8.min), highest: Int64(Int8.max))
            case .float: .float
            case .double: .double
            case .boolean: .boolean
            case .date: .date
            case .timestamp(.iso): .moment(source == .declared ? .usual : .plain)
            case .timestamp(.seconds): .epoch(microseconds: 1_000_000)
            case .timestamp(.milliseconds): .epoch(microseconds: 1_000)
            case .timestamp(.microseconds): .epoch(microseconds: 1)
            case .decimal(let precision, let scale): .decimal(precision: precision, scale: scale)
            case .list: .none
            }
    }
}
