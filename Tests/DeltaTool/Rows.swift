import Columns
import Foundation
import Parquet

/// Prints rows as one JSON object to a line, in a form that Python compares with its own.
enum Rows {
    static func print(parquet path: String) throws {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let reader = try FileReader(bytes)
        for group in 0..<reader.rowGroupCount { try print(reader.read(rowGroup: group)) }
    }

    static func print(_ batch: ColumnBatch) throws {
        for line in lines(batch) { Swift.print(line) }
    }

    /// The rows, each as one JSON object.
    static func lines(_ batch: ColumnBatch) -> [String] {
        var cursors = batch.columns.map { ColumnCursor($0) }
        return (0..<batch.rowCount).map { _ in
            let values = batch.schema.fields.indices.map { index in
                text(cursors[index].next(), batch.schema.fields[index].type)
            }
            let members = zip(batch.schema.fields, values).map { "\(quoted($0.name)):\($1)" }
            return "{" + members.joined(separator: ",") + "}"
        }
    }

    private static func text(_ value: ColumnValue, _ type: DataType) -> String {
        switch value {
        case .null: "null"
        case .integer(let integer): integer.description
        case .boolean(let boolean): boolean ? "true" : "false"
        case .float(let float): number(Double(float))
        case .double(let double): number(double)
        case .bytes(let bytes):
            type == .string
                ? quoted(String(decoding: bytes, as: UTF8.self))
                : quoted(bytes.map { String(format: "%02x", $0) }.joined())
        case .structure(let values):
            "{"
                + zip(type.children, values).map { "\(quoted($0.name)):\(text($1, $0.type))" }
                .joined(separator: ",") + "}"
        case .list(let elements):
            "[" + elements.map { element($0, type) }.joined(separator: ",") + "]"
        }
    }

    private static func element(_ value: ColumnValue, _ type: DataType) -> String {
        guard case .map = type, case .structure(let pair) = value else {
            return text(value, type.children[0].type)
        }
        return "[\(text(pair[0], type.children[0].type)),\(text(pair[1], type.children[1].type))]"
    }

    private static func number(_ value: Double) -> String {
        value.isFinite ? value.description : quoted(value.description)
    }

    private static func quoted(_ text: String) -> String {
        let data = try? JSONEncoder().encode(text)
        return String(decoding: data ?? Data("\"\"".utf8), as: UTF8.self)
    }
}
