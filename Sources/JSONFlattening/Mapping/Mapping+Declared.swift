extension Mapping {
    /// Whether the mapping says itself what becomes of the field of an inferred column of the
    /// parent: then the column of before is not adopted.
    func isDeclared(_ column: RecordedColumn) -> Bool {
        guard column.table.isEmpty else { return false }
        var rules = fields
        for key in column.path {
            guard let rule = rules.first(where: { $0.key == key })?.rule else { return false }
            guard case .object(let inner) = rule else { return true }
            rules = inner
        }
        return true
    }
}
