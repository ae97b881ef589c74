internal import Columns

extension DataType {
    private static let plainNames: [(String, DataType)] = [
        ("string", .string), ("long", .long), ("integer", .integer), ("short", .short),
        ("byte", .byte), ("float", .float), ("double", .double), ("boolean", .boolean),
        ("binary", .binary), ("date", .date), ("timestamp", .timestamp),
        ("timestamp_ntz", .timestampNTZ),
    ]

    /// The type that stands in a schema's JSON, whose depth the parser has bounded.
    init(delta json: JSON) throws(SchemaError) {
        if let name = json.text {
            self = try Self.named(name)
            return
        }
        switch json["type"]?.text {
        case "struct":
            var fields: [Field] = []
            for field in json["fields"]?.elements ?? [] { fields.append(try Field(delta: field)) }
            self = .structure(fields)
        case "array":
            guard let element = json["elementType"], let containsNull = json["containsNull"]?.bool
            else { throw .malformed }
            self = .array(element: try DataType(delta: element), containsNull: containsNull)
        case "map":
            guard let key = json["keyType"], let value = json["valueType"],
                let containsNull = json["valueContainsNull"]?.bool
            else { throw .malformed }
            self = .map(
                key: try DataType(delta: key), value: try DataType(delta: value),
                valueContainsNull: containsNull)
        default: throw .malformed
        }
    }

    private static func named(_ name: String) throws(SchemaError) -> DataType {
        if let found = plainNames.first(where: { $0.0 == name }) { return found.1 }
        if name == "decimal" { return .decimal(precision: 10, scale: 0) }
        guard name.hasPrefix("decimal("), name.hasSuffix(")") else { throw .unknownType(name) }
        let numbers = name.dropFirst("decimal(".count).dropLast().split(separator: ",")
        guard numbers.count == 2,
            let precision = Int(numbers[0].trimmingSpaces),
            let scale = Int(numbers[1].trimmingSpaces),
            (1...precisionMax).contains(precision), (0...precision).contains(scale)
        else { throw .unknownType(name) }
        return .decimal(precision: precision, scale: scale)
    }

    var deltaJSON: JSON {
        switch self {
        case .structure(let fields):
            return ["type": "struct", "fields": .array(fields.map(\.deltaJSON))]
        case .array(let element, let containsNull):
            return [
                "type": "array", "elementType": element.deltaJSON,
                "containsNull": .bool(containsNull),
            ]
        case .map(let key, let value, let containsNull):
            return [
                "type": "map", "keyType": key.deltaJSON, "valueType": value.deltaJSON,
                "valueContainsNull": .bool(containsNull),
            ]
        case .decimal(let precision, let scale): return .string("decimal(\(precision),\(scale))")
        default:
            guard let name = Self.plainNames.first(where: { $0.1 == self })?.0 else {
                preconditionFailure("\(self) has no name in Delta")
            }
            return .string(name)
        }
    }
}

extension Field {
    init(delta json: JSON) throws(SchemaError) {
        guard let name = json["name"]?.text, let type = json["type"] else { throw .malformed }
        self.init(name, try DataType(delta: type), isNullable: json["nullable"]?.bool ?? true)
    }

    var deltaJSON: JSON {
        [
            "name": .string(name), "type": type.deltaJSON, "nullable": .bool(isNullable),
            "metadata": [:],
        ]
    }
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        let front = drop { $0 == " " }
        return front.last == " "
            ? Substring(String(front.reversed().drop { $0 == " " }.reversed())) : front
    }
}
