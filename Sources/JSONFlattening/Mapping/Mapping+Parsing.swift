extension Mapping {
    /// The mapping that a JSON text describes.
    package init(parsing json: [UInt8]) throws(MappingError) {
        try self.init(tree: try MappingTree(parsing: json))
    }

    /// The mapping that the text says, which is JSON.
    package init(parsing json: String) throws(MappingError) {
        try self.init(parsing: Array(json.utf8))
    }

    /// The mapping that `tree` describes; an empty one infers everything.
    package init(tree: MappingTree) throws(MappingError) {
        let keys = try MappingKeys(tree, at: [], known: Self.keys)
        if let version = try keys.integer("version", in: 1...1) { assert(version == 1) }
        body = try keys.body() ?? .json
        undeclared = try keys.choice("undeclared", UndeclaredRule.self) ?? .infer
        columnMax = try keys.integer("columnMax", in: 1...Self.columnLimit) ?? columnMax
        depthMax = try keys.integer("depthMax", in: 1...Self.depthLimit) ?? depthMax
        if body != .json, keys.has("fields") {
            throw MappingError(["fields"], .misplaced("fields"))
        }
        fields = try FieldRule.list(keys["fields"], at: ["fields"])
        try MappingNames.check(self)
    }

    private static let keys = [
        "version", "body", "undeclared", "columnMax", "depthMax", "fields",
    ]
}

extension FieldRule {
    /// The rules under a key `fields`.
    static func list(
        _ tree: MappingTree?, at path: [String]
    ) throws(MappingError) -> [FieldRule] {
        guard let tree else { return [] }
        guard case .members(let members) = tree else {
            throw MappingError(path, .wrongKind(expected: "a group of fields", found: tree.kind))
        }
        var seen: Set<String> = []
        var rules: [FieldRule] = []
        for (key, value) in members {
            guard seen.insert(key).inserted else { throw MappingError(path + [key], .sameKeyTwice) }
            rules.append(FieldRule(key, try Rule(value, at: path + [key])))
        }
        return rules
    }
}

extension Rule {
    static let keys = [
        "as", "type", "unit", "column", "fields", "table", "key", "element",
    ]
    private static let treatments = ["column", "json", "list", "ignore", "object", "explode", "map"]

    init(_ tree: MappingTree, at path: [String]) throws(MappingError) {
        if case .text(let word) = tree {
            self = try Self.short(word, at: path)
            return
        }
        let keys = try MappingKeys(tree, at: path, known: Self.keys)
        let treatment = try keys.text("as") ?? (keys.has("fields") ? "object" : "column")
        try keys.refuse(allBut: Self.meaningful(with: treatment, keys))
        switch treatment {
        case "column": self = .column(try keys.type(), name: try keys.name("column"))
        case "json": self = .column(.json, name: try keys.name("column"))
        case "list": self = .column(.list(try keys.type()), name: try keys.name("column"))
        case "ignore": self = .ignore
        case "object": self = .object(try FieldRule.list(keys["fields"], at: path + ["fields"]))
        case "explode": self = .explode(try ChildRule(keys))
        case "map": self = .map(try ChildRule(keys), key: try keys.name("key"))
        default:
            throw keys.unknown(treatment, for: "as", among: Self.treatments)
        }
    }

    /// A field whose rule is one word: a type, or what to do with it.
    private static func short(_ word: String, at path: [String]) throws(MappingError) -> Rule {
        if word == "ignore" { return .ignore }
        if let type = ColumnType(named: word) { return .column(type, name: nil) }
        let words = ColumnType.plain.map(\.name) + ["ignore"]
        throw MappingError(
            path, .unknownValue(word, nearest: NearestName.find(word, among: words)))
    }

    /// Which keys say something about a field that is treated so.
    private static func meaningful(with treatment: String, _ keys: MappingKeys) -> [String] {
        switch treatment {
        case "column", "list": ["as", "type", "unit", "column"]
        case "json": ["as", "column"]
        case "ignore": ["as"]
        case "object": ["as", "fields"]
        case "explode": ["as", "table", keys.has("element") ? "element" : "fields"]
        case "map": ["as", "table", "key", keys.has("element") ? "element" : "fields"]
        default: Self.keys
        }
    }
}

extension ChildRule {
    init(_ keys: MappingKeys) throws(MappingError) {
        table = try keys.name("table")
        if let tree = keys["element"] {
            element = try Rule(tree, at: keys.path + ["element"])
        } else if keys.has("fields") {
            element = .object(try FieldRule.list(keys["fields"], at: keys.path + ["fields"]))
        }
    }
}
