package import Columns

/// What became of one event.
package enum FlattenOutcome: Equatable, Sendable {
    case landed
    /// It landed, but that many of its values only in `_rescued_data`.
    case landedWithRescues(Int)
    /// It is in no table.
    case quarantined(QuarantineReason)
}

/// How many events went which way.
package struct EventCounts: Equatable, Sendable {
    /// Those with rescues included.
    package private(set) var landed = 0
    /// Those with values that are only in `_rescued_data`.
    package private(set) var withRescues = 0
    /// Those that are in no table.
    package private(set) var quarantined = 0

    /// No events.
    package init() {}

    /// Takes in one more event.
    package mutating func count(_ outcome: FlattenOutcome) {
        switch outcome {
        case .landed: landed += 1
        case .landedWithRescues:
            landed += 1
            withRescues += 1
        case .quarantined: quarantined += 1
        }
    }
}

/// How many values of one field did not land.
package struct ColumnRescues: Equatable, Sendable {
    /// The table's index.
    package let table: Int
    /// The keys that lead to the field, or to the object whose unknown fields are counted.
    package let path: [String]
    /// The column that did not take them; nil for fields without one.
    package let column: String?
    /// How many values that were.
    package let count: Int
}

/// The rows of all tables, and what happened on the way.
package struct FlattenedRows: Sendable {
    /// One for each table of the plan, in its order; without rows where there are none.
    package let batches: [ColumnBatch]
    /// How many events these rows are of, and how many are in none.
    package let events: EventCounts
    /// The fields whose values did not land, with how many.
    package let rescues: [ColumnRescues]
    /// The fields without a column.
    package let discoveries: Discoveries
}
