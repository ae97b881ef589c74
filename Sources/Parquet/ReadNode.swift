internal import Columns

/// A node of a foreign file's schema, with what it is to us.
///
/// Lists and maps are recognised by their annotations and shape, not by the names below them
/// (LogicalTypes.md of parquet-format, "Nested Types", with its rules for older writers).
struct ReadNode: Sendable {
    enum Kind: Sendable {
        case leaf(LeafKind)
        case structure
        /// Places of the children lie one level of repetition further down.
        case list
        case map
    }

    var name: String
    var kind: Kind
    var isOptional: Bool
    var children: [ReadNode]
    /// The leaves below, as positions in the file's list of leaves.
    var leaves: Range<Int>

    /// The type in Columns' form.
    var type: DataType {
        switch kind {
        case .leaf(let kind): kind.type
        case .structure: .structure(children.map(\.field))
        case .list:
            .array(element: children[0].type, containsNull: children[0].isOptional)
        case .map:
            .map(
                key: children[0].type, value: children[1].type,
                valueContainsNull: children[1].isOptional)
        }
    }

    var field: Field { Field(name, type, isNullable: isOptional) }
}

/// A leaf's stored type and what its values stand for.
struct LeafKind: Sendable {
    /// What has to be done to a stored value.
    enum Conversion: Sendable {
        case none
        /// To microseconds.
        case milliseconds, nanoseconds, julian
        /// Big-endian two's complement bytes.
        case decimalBytes
        case decimalInteger
        /// Unsigned numbers of 32 bits, which need 64 with a sign.
        case unsigned32
    }

    let type: DataType
    let physical: PhysicalType
    let typeLength: Int
    let conversion: Conversion
}

/// Builds the tree of nodes from the list that the footer has.
struct ReadSchema: Sendable {
    private(set) var columns: [ReadNode] = []
    private(set) var leaves: [Leaf] = []
    private var position = 1

    init(_ elements: [SchemaElement]) throws(ParquetError) {
        guard let root = elements.first, let count = root.childCount,
            elements.count <= ReaderLimits.schemaElementCountMax
        else { throw .inconsistent(.schema) }
        for _ in 0..<max(0, count) {
            columns.append(try node(elements, path: [], 0, 0))
        }
        guard position == elements.count else { throw .inconsistent(.schema) }
    }

    /// The node at `position`, which moves behind everything below it.
    private mutating func node(
        _ elements: [SchemaElement], path: [String], _ definition: UInt8, _ repetition: UInt8
    ) throws(ParquetError) -> ReadNode {
        guard position < elements.count, path.count < ReaderLimits.schemaDepthMax,
            let kind = elements[position].repetition
        else { throw .inconsistent(.schema) }
        guard kind == .repeated else {
            return try plainNode(elements, path: path, definition, repetition)
        }
        // A repeated field without a list around it is a list of its own, and never null.
        let firstLeaf = leaves.count
        let name = elements[position].name
        let element = try plainNode(elements, path: path, definition + 1, repetition + 1)
        return ReadNode(
            name: name, kind: .list, isOptional: false, children: [element],
            leaves: firstLeaf..<leaves.count)
    }

    /// The node at `position`, whose repetition its caller has dealt with.
    private mutating func plainNode(
        _ elements: [SchemaElement], path: [String], _ definition: UInt8, _ repetition: UInt8
    ) throws(ParquetError) -> ReadNode {
        guard position < elements.count, path.count < ReaderLimits.schemaDepthMax else {
            throw .inconsistent(.schema)
        }
        let element = elements[position]
        position += 1
        let isOptional = element.repetition == .optional
        let definition = definition + (isOptional ? 1 : 0)
        let path = path + [element.name]
        let firstLeaf = leaves.count
        guard let count = element.childCount, element.type == nil else {
            return try leaf(element, path, definition, repetition)
        }
        var (kind, children): (ReadNode.Kind, [ReadNode])
        if element.isList, count == 1, position < elements.count,
            elements[position].repetition == .repeated
        {
            kind = .list
            children = [try self.element(of: element, elements, path, definition, repetition)]
        } else if element.isMap, count == 1, position < elements.count,
            elements[position].childCount == 2, elements[position].repetition == .repeated
        {
            kind = .map
            let inner = path + [elements[position].name]
            position += 1
            children = []
            for _ in 0..<2 {
                children.append(try node(elements, path: inner, definition + 1, repetition + 1))
            }
        } else {
            kind = .structure
            children = []
            for _ in 0..<max(0, count) {
                children.append(try node(elements, path: path, definition, repetition))
            }
            guard !children.isEmpty else { throw .inconsistent(.schema) }
        }
        return ReadNode(
            name: element.name, kind: kind, isOptional: isOptional, children: children,
            leaves: firstLeaf..<leaves.count)
    }

    /// The element of a list, whose repeated node stands at `position`.
    private mutating func element(
        of list: SchemaElement, _ elements: [SchemaElement], _ path: [String],
        _ definition: UInt8, _ repetition: UInt8
    ) throws(ParquetError) -> ReadNode {
        let middle = elements[position]
        let isElementItself =
            middle.childCount != 1 || middle.name == "array"
            || middle.name == list.name + "_tuple"
        if isElementItself {
            return try plainNode(elements, path: path, definition + 1, repetition + 1)
        }
        position += 1
        return try node(
            elements, path: path + [middle.name], definition + 1, repetition + 1)
    }

    private mutating func leaf(
        _ element: SchemaElement, _ path: [String], _ definition: UInt8, _ repetition: UInt8
    ) throws(ParquetError) -> ReadNode {
        guard let physical = element.type else { throw .inconsistent(.schema) }
        let kind = try LeafKind(element, physical)
        leaves.append(
            Leaf(
                path: path, type: physical, typeLength: kind.typeLength,
                definitionMax: definition, repetitionMax: repetition,
                isText: kind.type == .string))
        return ReadNode(
            name: element.name, kind: .leaf(kind), isOptional: element.repetition == .optional,
            children: [], leaves: leaves.count - 1..<leaves.count)
    }
}

extension SchemaElement {
    fileprivate var isList: Bool { logicalType == .list || convertedType == .list }

    fileprivate var isMap: Bool {
        logicalType == .map || convertedType == .map || convertedType == .mapKeyValue
    }
}

extension LeafKind {
    init(_ element: SchemaElement, _ physical: PhysicalType) throws(ParquetError) {
        let length = Int(element.typeLength ?? 0)
        if physical == .fixedLengthByteArray {
            guard length > 0, length <= 1 << 20 else { throw .inconsistent(.schema) }
        }
        let (type, conversion) = try Self.meaning(of: element, physical, length)
        self.init(type: type, physical: physical, typeLength: length, conversion: conversion)
    }

    private static func meaning(
        of element: SchemaElement, _ physical: PhysicalType, _ length: Int
    ) throws(ParquetError) -> (DataType, Conversion) {
        if let decimal = try decimal(element, physical, length) { return decimal }
        switch physical {
        case .boolean: return (.boolean, .none)
        case .float: return (.float, .none)
        case .double: return (.double, .none)
        case .int96: return (.timestamp, .julian)
        case .int32: return integer32(element)
        case .int64: return integer64(element)
        case .byteArray:
            let isText = element.logicalType == .string || element.convertedType == .utf8
            return (isText ? .string : .binary, .none)
        case .fixedLengthByteArray: return (.binary, .none)
        }
    }

    private static func integer32(_ element: SchemaElement) -> (DataType, Conversion) {
        if element.logicalType == .date || element.convertedType == .date { return (.date, .none) }
        if case .integer(let width, let isSigned) = element.logicalType {
            if !isSigned { return width == 32 ? (.long, .unsigned32) : (.integer, .none) }
            return (width == 8 ? .byte : width == 16 ? .short : .integer, .none)
        }
        switch element.convertedType {
        case .int8: return (.byte, .none)
        case .int16: return (.short, .none)
        default: return (.integer, .none)
        }
    }

    private static func integer64(_ element: SchemaElement) -> (DataType, Conversion) {
        if case .timestamp(let isUTC, let unit) = element.logicalType {
            let type: DataType = isUTC ? .timestamp : .timestampNTZ
            switch unit {
            case .millis: return (type, .milliseconds)
            case .micros: return (type, .none)
            case .nanos: return (type, .nanoseconds)
            }
        }
        switch element.convertedType {
        case .timestampMillis: return (.timestamp, .milliseconds)
        case .timestampMicros: return (.timestamp, .none)
        default: return (.long, .none)
        }
    }

    /// Nil when the element is no decimal.
    private static func decimal(
        _ element: SchemaElement, _ physical: PhysicalType, _ length: Int
    ) throws(ParquetError) -> (DataType, Conversion)? {
        var digits: (precision: Int32, scale: Int32)?
        if case .decimal(let precision, let scale) = element.logicalType {
            digits = (precision, scale)
        } else if element.convertedType == .decimal {
            digits = (element.precision ?? 0, element.scale ?? 0)
        }
        guard let digits else { return nil }
        let (precision, scale) = (Int(digits.precision), Int(digits.scale))
        guard (1...DataType.precisionMax).contains(precision), (0...precision).contains(scale)
        else { throw .unsupported(.type(column: element.name)) }
        let type = DataType.decimal(precision: precision, scale: scale)
        switch physical {
        case .int32, .int64: return (type, .decimalInteger)
        case .byteArray, .fixedLengthByteArray: return (type, .decimalBytes)
        default: throw .inconsistent(.schema)
        }
    }
}
