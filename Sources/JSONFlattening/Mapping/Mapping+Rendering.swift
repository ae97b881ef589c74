extension Mapping {
    /// The mapping as JSON, always the same for the same mapping: what the log keeps.
    ///
    /// `Mapping(parsing: canonical)` is this mapping again.
    package var canonical: [UInt8] {
        var output = MappingWriter()
        output.open()
        output.member("version", integer: 1)
        output.member("body", text: body.rawValue)
        output.member("undeclared", text: undeclared.rawValue)
        output.member("columnMax", integer: columnMax)
        output.member("depthMax", integer: depthMax)
        if body == .json { output.member("fields", fields) }
        output.close()
        return output.text.array
    }

    /// The canonical form as text.
    package var text: String { String(decoding: canonical, as: UTF8.self) }
}

/// Writes groups of keys as compact JSON.
private struct MappingWriter: ~Copyable {
    var text = TextBuffer()

    mutating func open() { text.append(UInt8(ascii: "{")) }
    mutating func close() { text.append(UInt8(ascii: "}")) }

    private mutating func key(_ key: String) {
        if text.last != UInt8(ascii: "{") { text.append(UInt8(ascii: ",")) }
        JSONText.append(quoted: key, to: &text)
        text.append(UInt8(ascii: ":"))
    }

    mutating func member(_ key: String, text word: String?) {
        guard let word else { return }
        self.key(key)
        JSONText.append(quoted: word, to: &text)
    }

    mutating func member(_ key: String, integer: Int) {
        self.key(key)
        JSONText.append(integer: Int64(integer), to: &text)
    }

    mutating func member(_ key: String, _ fields: [FieldRule]) {
        self.key(key)
        open()
        for field in fields { member(field.key, field.rule) }
        close()
    }

    mutating func member(_ key: String, _ rule: Rule) {
        self.key(key)
        open()
        switch rule {
        case .column(let type, let name): column(type, name)
        case .ignore: member("as", text: "ignore")
        case .object(let fields):
            member("as", text: "object")
            member("fields", fields)
        case .explode(let child):
            member("as", text: "explode")
            self.child(child)
        case .map(let child, let key):
            member("as", text: "map")
            member("key", text: key)
            self.child(child)
        }
        close()
    }

    private mutating func column(_ type: ColumnType, _ name: String?) {
        switch type {
        case .json: member("as", text: "json")
        case .list(let element):
            member("as", text: "list")
            self.type(element)
        default:
            member("as", text: "column")
            self.type(type)
        }
        member("column", text: name)
    }

    private mutating func type(_ type: ColumnType) {
        member("type", text: type.name)
        if case .timestamp(let form) = type { member("unit", text: form.rawValue) }
    }

    private mutating func child(_ child: ChildRule) {
        member("table", text: child.table)
        switch child.element {
        case nil: break
        case .object(let fields): member("fields", fields)
        case .some(let rule): member("element", rule)
        }
    }
}
