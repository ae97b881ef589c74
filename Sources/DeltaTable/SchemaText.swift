package import Columns

extension Schema {
    /// The columns of a text such as `id long, name string, price decimal(10,2)`.
    package init(columns text: String) throws(SchemaError) {
        var fields: [Field] = []
        for part in Self.parts(text) {
            let words = part.split(separator: " ", maxSplits: 1)
            guard words.count == 2 else { throw .malformed }
            let type = String(words[1].filter { $0 != " " })
            fields.append(Field(String(words[0]), try DataType(delta: .string(type))))
        }
        self.init(fields)
    }

    /// The schema in Delta's own JSON, as it stands in `schemaString`.
    package init(deltaJSON text: String) throws(SchemaError) {
        self = try TableSchema(text).schema
    }

    /// What lies between the commas that are in no parentheses.
    private static func parts(_ text: String) -> [Substring] {
        var depth = 0
        return text.split { character in
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            return character == "," && depth == 0
        }
    }
}

extension DataType {
    /// The type as SQL's people write it: `decimal(10,2)`, `array<string>`, `struct<a:long>`.
    package var text: String {
        switch self {
        case .structure(let fields):
            "struct<" + fields.map { "\($0.name):\($0.type.text)" }.joined(separator: ",") + ">"
        case .array(let element, _): "array<\(element.text)>"
        case .map(let key, let value, _): "map<\(key.text),\(value.text)>"
        default: deltaJSON.text ?? ""
        }
    }
}
