internal import Bytes
internal import Columns

/// Reads the texts of `partitionValues` (contract, section 6.1).
enum PartitionColumn {
    /// A column that has the value of `text` in each of `count` rows; nil when the text is none of
    /// its type. Null, and the empty text, are null whatever the type.
    static func column(_ text: String?, _ type: DataType, count: Int) -> Column? {
        var builder = ColumnBuilder(type)
        guard let text, !text.isEmpty else {
            builder.appendNulls(count)
            return builder.take()
        }
        guard count > 0 else { return builder.take() }
        switch type {
        case .string, .binary:
            let bytes = Array(text.utf8)
            for _ in 0..<count { builder.append(bytes: bytes.rawSpan) }
        case .long:
            guard let value = Int64(text) else { return nil }
            for _ in 0..<count { builder.append(int64: value) }
        case .integer, .short, .byte:
            guard let value = integer(text, type) else { return nil }
            for _ in 0..<count { builder.append(int32: value) }
        case .date:
            guard let day = CalendarText.day(of: Array(text.utf8)) else { return nil }
            for _ in 0..<count { builder.append(int32: Int32(day)) }
        case .timestamp, .timestampNTZ:
            guard let value = CalendarText.microseconds(of: text) else { return nil }
            for _ in 0..<count { builder.append(int64: value) }
        case .boolean:
            guard let value = ["true": true, "false": false][text.lowercased()] else { return nil }
            for _ in 0..<count { builder.append(bit: value) }
        case .float:
            guard let value = Float(text) else { return nil }
            for _ in 0..<count { builder.append(float: value) }
        case .double:
            guard let value = Double(text) else { return nil }
            for _ in 0..<count { builder.append(double: value) }
        case .decimal(_, let scale):
            guard let value = DecimalText.unscaled(text, scale) else { return nil }
            for _ in 0..<count {
                do { try builder.append(unscaled: value) } catch { return nil }
            }
        case .structure, .array, .map: return nil
        }
        return builder.take()
    }

    private static func integer(_ text: String, _ type: DataType) -> Int32? {
        switch type {
        case .byte: Int8(text).map(Int32.init)
        case .short: Int16(text).map(Int32.init)
        default: Int32(text)
        }
    }
}

extension DecimalText {
    /// The digits of a decimal without its point; nil when it has more behind it than `scale`.
    static func unscaled(_ text: String, _ scale: Int) -> Int128? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard let whole = parts.first, parts.count <= 2 else { return nil }
        let fraction = parts.count == 2 ? parts[1] : ""
        guard fraction.utf8.count <= scale else { return nil }
        let padding = String(repeating: "0", count: scale - fraction.utf8.count)
        return Int128(whole + fraction + padding)
    }
}
