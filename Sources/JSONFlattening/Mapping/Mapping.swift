/// How the bodies of a stream become rows: what is declared, and what becomes of the rest.
///
/// The empty mapping declares nothing and infers everything. A mapping is read from JSON, or from
/// any other language through `MappingTree`, and has one canonical text, which the log keeps.
package struct Mapping: Equatable, Sendable {
    /// What a body is taken for.
    package var body = BodyMode.json
    /// What becomes of fields without a rule.
    package var undeclared = UndeclaredRule.infer
    /// The most columns a table gets by inference, those that are declared included.
    package var columnMax = 500
    /// How deep the values of a body may be nested.
    package var depthMax = 64
    /// What is declared, in the order of the columns.
    package var fields: [FieldRule] = []

    /// A mapping may allow no deeper nesting: walking and writing values uses the stack.
    package static let depthLimit = 256
    /// A mapping may ask for no more columns: every row group names each of them.
    package static let columnLimit = 10_000

    /// The mapping that infers everything.
    package init() {}
}

/// What a body is.
package enum BodyMode: String, CaseIterable, Sendable {
    /// A JSON text, which is flattened.
    case json
    /// UTF-8, kept as it is in the column `body`.
    case text
    /// Bytes, kept as they are in the column `body`.
    case binary
}

/// What becomes of a field that the mapping does not name.
package enum UndeclaredRule: String, CaseIterable, Sendable {
    /// It gets a column, whose type follows its values.
    case infer
    /// It goes to `_rescued_data`.
    case rescue
    case ignore
}

/// What is declared of the field called `key`.
package struct FieldRule: Equatable, Sendable {
    /// As it is in the documents.
    package var key: String
    /// What becomes of its value.
    package var rule: Rule

    /// The rule for the field called `key`.
    package init(_ key: String, _ rule: Rule) {
        self.key = key
        self.rule = rule
    }
}

/// What is declared of a value.
package indirect enum Rule: Equatable, Sendable {
    /// A column; without a name of its own it is named after the path.
    case column(ColumnType, name: String?)
    case ignore
    /// An object whose fields become columns.
    case object([FieldRule])
    /// An array: each element becomes a row of a child table.
    case explode(ChildRule)
    /// An object keyed by data: each member becomes a row of a child table, its key in a column.
    case map(ChildRule, key: String?)
}

/// What is declared of a child table.
package struct ChildRule: Equatable, Sendable {
    /// The table's name behind the parent's; without one it is named after the path.
    package var table: String?
    /// What an element is; nil leaves it to its values.
    package var element: Rule?

    /// A child table under a name of its own, or one after its path.
    package init(table: String? = nil, element: Rule? = nil) {
        self.table = table
        self.element = element
    }
}
