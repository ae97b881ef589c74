internal import Columns

/// The value that all rows of a file have in one partition column.
package enum PartitionValue: Hashable, Sendable {
    case null
    case string(String)
    case integer(Int64)
    case boolean(Bool)
    /// Days since 1970-01-01.
    case date(Int32)
    /// Microseconds since 1970-01-01T00:00:00Z.
    case timestamp(Int64)

    /// The text of `partitionValues`; nil for null, and for the empty string, which reads back as
    /// null whatever is written.
    var text: String? {
        switch self {
        case .null: nil
        case .string(let value): value.isEmpty ? nil : value
        case .integer(let value): String(value)
        case .boolean(let value): value ? "true" : "false"
        case .date(let day): CalendarText.date(Int64(day))
        case .timestamp(let value): CalendarText.microseconds(value, "T").map { $0 + "Z" }
        }
    }

    /// The types of columns that a table of ours can be partitioned by.
    static func isSupported(_ type: DataType) -> Bool {
        switch type {
        case .string, .long, .integer, .short, .byte, .boolean, .date, .timestamp: true
        default: false
        }
    }
}
