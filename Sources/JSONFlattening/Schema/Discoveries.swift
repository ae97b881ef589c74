/// Fields that have no column yet, and what they held.
///
/// Merging is associative and commutative: the discoveries of a range are the same however it was
/// cut into tasks, as long as none of them has overflowed.
package struct Discoveries: Equatable, Sendable {
    private var found: [Field: KindsSeen] = [:]

    /// How many fields are remembered; those beyond stay in `_rescued_data`.
    static let countMax = 4_096
    /// A longer path gets no column.
    static let pathByteCountMax = 1_024

    private struct Field: Hashable {
        let table: Int
        let path: [String]
    }

    package init() {}

    package var isEmpty: Bool { found.isEmpty }
    package var count: Int { found.count }

    /// Takes in what another task has found.
    package mutating func merge(_ other: Discoveries) {
        for (field, kinds) in other.found { found[field, default: KindsSeen()].merge(kinds) }
    }

    mutating func note(_ path: [String], of table: Int, _ kind: InferredKind, at place: Place) {
        let field = Field(table: table, path: path)
        guard found.count < Self.countMax || found[field] != nil else { return }
        found[field, default: KindsSeen()].note(kind, at: place)
    }

    /// The fields in the order in which they first came, with the kind of their columns.
    var inLogOrder: [(table: Int, path: [String], kind: InferredKind)] {
        found.compactMap { field, kinds -> (Place, Field, InferredKind)? in
            guard let place = kinds.earliest, let kind = kinds.decision else { return nil }
            return (place, field, kind)
        }.sorted {
            if $0.0 != $1.0 { return $0.0 < $1.0 }
            if $0.1.table != $1.1.table { return $0.1.table < $1.1.table }
            return $0.1.path.lexicographicallyPrecedes($1.1.path)
        }.map { ($0.1.table, $0.1.path, $0.2) }
    }
}
