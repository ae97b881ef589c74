/// The keys of one group of a mapping, each of which is known and stands there once.
struct MappingKeys {
    let path: [String]
    private let members: [(key: String, value: MappingTree)]

    init(_ tree: MappingTree, at path: [String], known: [String]) throws(MappingError) {
        self.path = path
        switch tree {
        case .members(let found): members = found
        case .null: members = []
        default: throw MappingError(path, .wrongKind(expected: "a group of keys", found: tree.kind))
        }
        var seen: Set<String> = []
        for (key, _) in members {
            guard known.contains(key) else {
                throw MappingError(
                    path + [key], .unknownKey(nearest: NearestName.find(key, among: known)))
            }
            guard seen.insert(key).inserted else { throw MappingError(path + [key], .sameKeyTwice) }
        }
    }

    subscript(key: String) -> MappingTree? { members.first { $0.key == key }?.value }

    func has(_ key: String) -> Bool { members.contains { $0.key == key } }

    /// Throws when there is a key beside `allowed`.
    func refuse(allBut allowed: [String]) throws(MappingError) {
        for (key, _) in members where !allowed.contains(key) {
            throw MappingError(path + [key], .misplaced(key))
        }
    }

    // MARK: Values

    func text(_ key: String) throws(MappingError) -> String? {
        switch self[key] {
        case nil: return nil
        case .text(let text): return text
        case .some(let tree):
            throw MappingError(
                path + [key], .wrongKind(expected: "a text", found: tree.kind))
        }
    }

    func integer(_ key: String, in range: ClosedRange<Int>) throws(MappingError) -> Int? {
        switch self[key] {
        case nil: return nil
        case .integer(let value):
            guard let small = Int(exactly: value), range.contains(small) else {
                throw MappingError(path + [key], .outOfRange(value, range))
            }
            return small
        case .some(let tree):
            throw MappingError(
                path + [key], .wrongKind(expected: "a number", found: tree.kind))
        }
    }

    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String, _: Choice.Type
    ) throws(MappingError) -> Choice? {
        guard let word = try text(key) else { return nil }
        guard let choice = Choice(rawValue: word) else {
            throw unknown(word, for: key, among: Choice.allCases.map(\.rawValue))
        }
        return choice
    }

    func body() throws(MappingError) -> BodyMode? {
        if let word = try text("body"), ["avro", "csv"].contains(word.lowercased()) {
            let format = word.lowercased() == "csv" ? "CSV" : "Avro"
            throw MappingError(path + ["body"], .notYet(format))
        }
        return try choice("body", BodyMode.self)
    }

    /// A name for a column or table: what every reader of Delta tables takes without quotes.
    func name(_ key: String) throws(MappingError) -> String? {
        guard let name = try text(key) else { return nil }
        guard MappingNames.isGood(name) else { throw MappingError(path + [key], .badName(name)) }
        return name
    }

    /// What `type` and `unit` say together; a string without either.
    func type() throws(MappingError) -> ColumnType {
        let unit = try choice("unit", TimestampForm.self)
        let name = try text("type") ?? (unit == nil ? "string" : "timestamp")
        guard let type = ColumnType(named: name) else {
            throw unknown(name, for: "type", among: ColumnType.plain.map(\.name))
        }
        guard let unit else { return type }
        guard case .timestamp = type else {
            throw MappingError(path + ["unit"], .misplaced("unit"))
        }
        return .timestamp(unit)
    }

    func unknown(_ value: String, for key: String, among values: [String]) -> MappingError {
        MappingError(
            path + [key], .unknownValue(value, nearest: NearestName.find(value, among: values)))
    }
}
