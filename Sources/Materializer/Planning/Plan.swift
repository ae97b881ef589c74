package import DeltaTable

/// A range of one partition's offsets.
package struct PartitionRange: Hashable, Sendable {
    /// From 0.
    package let partition: UInt32
    /// Up to the first that is not meant.
    package let offsets: Range<Int64>

    /// Offsets of one partition.
    package init(_ partition: UInt32, _ offsets: Range<Int64>) {
        self.partition = partition
        self.offsets = offsets
    }
}

/// What the next commits will be, in the log before the first of them is made.
///
/// The files are durable before the plan is, and the plan before any commit. So whoever comes after
/// a crash needs no event and no mapping to finish: it makes the commits that are missing.
package struct Plan: Equatable, Sendable {
    /// Counts the plans of a pipeline, from 1 on.
    package let serial: UInt64
    /// What the commits cover, sorted by partition, one range each.
    package let ranges: [PartitionRange]
    /// In the order in which they are made: quarantine, children, parent.
    package let commits: [PlannedCommit]
    /// What became of the events of all ranges.
    package let counts: EventTally
    /// When the log took the newest event; nil without any.
    package let newestAppend: Int64?

    /// Every file named in `commits` has to be durable.
    package init(
        serial: UInt64, ranges: [PartitionRange], commits: [PlannedCommit], counts: EventTally,
        newestAppend: Int64?
    ) {
        self.serial = serial
        self.ranges = ranges
        self.commits = commits
        self.counts = counts
        self.newestAppend = newestAppend
    }

    /// The order of commits: whoever sees an event's parent row sees its children.
    package static func order(_ left: TableName, _ right: TableName) -> Bool {
        (left.rank, left.suffix) < (right.rank, right.suffix)
    }

    /// What it covers of a partition; nil when that does not move.
    package func range(of partition: UInt32) -> Range<Int64>? {
        ranges.first { $0.partition == partition }?.offsets
    }
}

/// What one commit adds to one table.
package struct PlannedCommit: Equatable, Sendable {
    /// Which of the pipeline's tables.
    package let table: TableName
    /// Durable. None for a commit that moves cursors alone.
    package let files: [AddFile]
    /// Of all files together.
    package let rowCount: Int64

    /// Files for one table, and how many rows they have.
    package init(table: TableName, files: [AddFile], rowCount: Int64) {
        self.table = table
        self.files = files
        self.rowCount = rowCount
    }
}

/// What became of the events of a range.
package struct EventTally: Equatable, Sendable {
    /// All that were read, quarantined ones included.
    package var events: Int64 = 0
    /// Those of which a value went to `_rescued_data`.
    package var rescued: Int64 = 0
    /// Those that landed in the quarantine, and nowhere else.
    package var quarantined: Int64 = 0
    /// Offsets that gap records name.
    package var missing: Int64 = 0

    /// Nothing of what is not said.
    package init(
        events: Int64 = 0, rescued: Int64 = 0, quarantined: Int64 = 0, missing: Int64 = 0
    ) {
        self.events = events
        self.rescued = rescued
        self.quarantined = quarantined
        self.missing = missing
    }

    /// What became of the events of two ranges that do not overlap.
    package static func + (left: EventTally, right: EventTally) -> EventTally {
        EventTally(
            events: left.events &+ right.events, rescued: left.rescued &+ right.rescued,
            quarantined: left.quarantined &+ right.quarantined,
            missing: left.missing &+ right.missing)
    }
}

/// One of the tables of a pipeline.
package enum TableName: Hashable, Sendable {
    case quarantine
    case child(String)
    case parent

    /// What follows the parent's name in the directory's.
    package var suffix: String {
        switch self {
        case .quarantine: "quarantine"
        case .child(let name): name
        case .parent: ""
        }
    }

    /// A child of that name, or the parent for an empty one.
    package init(layoutNamed name: String) { self = name.isEmpty ? .parent : .child(name) }

    /// Where it lies, when the parent lies at `parent`.
    package func root(of parent: String) -> String {
        self == .parent ? parent : parent + "_" + suffix
    }

    fileprivate var rank: Int {
        switch self {
        case .quarantine: 0
        case .child: 1
        case .parent: 2
        }
    }
}
