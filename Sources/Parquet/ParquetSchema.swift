internal import Columns

/// A column of the file: a leaf of the schema, with how deep it lies.
struct Leaf: Sendable {
    let path: [String]
    let type: PhysicalType
    /// Of a fixed length byte array.
    let typeLength: Int
    /// The number of optional and repeated nodes on the way, itself included.
    let definitionMax: UInt8
    /// The number of repeated nodes on the way.
    let repetitionMax: UInt8
    /// Whether its bytes are UTF-8, where bounds may only be cut between characters.
    let isText: Bool
}

/// A schema in Parquet's form. Which Delta type becomes what: contract of Delta, section "Schema".
struct ParquetSchema: Sendable {
    private(set) var elements: [SchemaElement]
    private(set) var leaves: [Leaf] = []

    init(_ schema: Schema) {
        elements = [
            SchemaElement("schema", childCount: Int32(schema.fields.count))
        ]
        for field in schema.fields { append(field, below: []) }
    }

    /// Depth while walking down.
    private struct Depth {
        var definition: UInt8 = 0
        var repetition: UInt8 = 0
    }

    private mutating func append(
        _ field: Field, below path: [String], at depth: Depth = Depth()
    ) {
        var depth = depth
        let repetition: Repetition = field.isNullable ? .optional : .required
        if field.isNullable { depth.definition += 1 }
        let path = path + [field.name]
        switch field.type {
        case .structure(let fields):
            elements.append(
                SchemaElement(field.name, nil, repetition, childCount: Int32(fields.count)))
            for child in fields { append(child, below: path, at: depth) }
        case .array, .map:
            appendRepeated(field, repetition, path, depth)
        default:
            let element = SchemaElement(leaf: field, repetition)
            elements.append(element)
            leaves.append(
                Leaf(
                    path: path, type: element.type ?? .int32,
                    typeLength: Int(element.typeLength ?? 0),
                    definitionMax: depth.definition, repetitionMax: depth.repetition,
                    isText: field.type == .string))
        }
    }

    /// A list or map: a group, in it a repeated group, in that the children.
    private mutating func appendRepeated(
        _ field: Field, _ repetition: Repetition, _ path: [String], _ depth: Depth
    ) {
        let isMap = if case .map = field.type { true } else { false }
        var outer = SchemaElement(field.name, nil, repetition, childCount: 1)
        outer.convertedType = isMap ? .map : .list
        outer.logicalType = isMap ? .map : .list
        elements.append(outer)
        let name = isMap ? "key_value" : "list"
        let children = field.type.children
        elements.append(SchemaElement(name, nil, .repeated, childCount: Int32(children.count)))
        let below = Depth(definition: depth.definition + 1, repetition: depth.repetition + 1)
        for child in children { append(child, below: path + [name], at: below) }
    }
}

extension SchemaElement {
    /// A leaf, with both ways of saying what its physical type stands for.
    init(leaf field: Field, _ repetition: Repetition) {
        self.init(field.name, nil, repetition)
        switch field.type {
        case .boolean: type = .boolean
        case .byte:
            (type, convertedType) = (.int32, .int8)
            logicalType = .integer(bitWidth: 8, isSigned: true)
        case .short:
            (type, convertedType) = (.int32, .int16)
            logicalType = .integer(bitWidth: 16, isSigned: true)
        case .integer: type = .int32
        case .long: type = .int64
        case .float: type = .float
        case .double: type = .double
        case .date: (type, convertedType, logicalType) = (.int32, .date, .date)
        case .timestamp:
            (type, convertedType) = (.int64, .timestampMicros)
            logicalType = .timestamp(isUTC: true, .micros)
        case .timestampNTZ:
            // WHY: the converted type says UTC, so it must not be written here.
            type = .int64
            logicalType = .timestamp(isUTC: false, .micros)
        case .string: (type, convertedType, logicalType) = (.byteArray, .utf8, .string)
        case .binary: type = .byteArray
        case .decimal(let precision, let scale):
            switch field.type.storage {
            case .int32: type = .int32
            case .int64: type = .int64
            default:
                type = .fixedLengthByteArray
                typeLength = Int32(Self.byteCount(ofDecimal: precision))
            }
            convertedType = .decimal
            logicalType = .decimal(precision: Int32(precision), scale: Int32(scale))
            self.precision = Int32(precision)
            self.scale = Int32(scale)
        case .structure, .array, .map: preconditionFailure("\(field.type) is no leaf")
        }
    }

    /// The fewest bytes that hold every decimal of `precision` digits, with its sign.
    static func byteCount(ofDecimal precision: Int) -> Int {
        var largest = UInt128(1)
        for _ in 0..<precision { largest *= 10 }
        return (128 - (largest - 1).leadingZeroBitCount) / 8 + 1
    }
}
