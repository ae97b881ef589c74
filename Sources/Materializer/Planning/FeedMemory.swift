package import DeltaTable

/// What the log remembers of a pipeline from one start to the next: how its tables came to be.
package struct FeedMemory: Equatable, Sendable {
    /// The generation of the cursors that count.
    package var generation: UInt32
    /// The mapping in force, in its canonical form.
    package var mapping: [UInt8]
    /// How the columns grew, oldest first: under one mapping, each change builds on those before.
    package var growth: [GrowthEntry]
    /// Set while the tables are to be made anew: the operator wants a rebuild.
    package var rebuild: RebuildIntent?
    /// The mapping that the configuration named when an operator put the one in force in its place,
    /// in its canonical form. The configuration's word counts again when it names another.
    package var configured: [UInt8]?

    /// A pipeline that nobody has asked to rebuild, under the mapping of its configuration.
    package init(generation: UInt32 = 1, mapping: [UInt8], growth: [GrowthEntry] = []) {
        self.generation = generation
        self.mapping = mapping
        self.growth = growth
    }

    /// More changes than this are kept as one, under the positions of the last.
    package static let growthCountMax = 64
}

/// That the tables are to be made anew, and of what. In the log before anything is done for it.
package struct RebuildIntent: Equatable, Sendable {
    /// The generation of the cursors that the new content has.
    package let generation: UInt32
    /// In its canonical form.
    package let mapping: [UInt8]
    /// The offsets of each partition that are flattened again; following goes on behind them.
    package let bounds: [Range<Int64>]

    /// A wish with its bounds pinned, so that a crash in the middle changes nothing of it.
    package init(generation: UInt32, mapping: [UInt8], bounds: [Range<Int64>]) {
        self.generation = generation
        self.mapping = mapping
        self.bounds = bounds
    }
}

/// One growth of the columns, and from where on it holds.
package struct GrowthEntry: Equatable, Sendable {
    /// A `SchemaChange` in its encoded form.
    package let change: [UInt8]
    /// For each partition the first offset that was flattened with it.
    package let starts: [Int64]

    /// A change that holds in each partition from its start on.
    package init(change: [UInt8], starts: [Int64]) {
        self.change = change
        self.starts = starts
    }
}

/// How far a pipeline's tables have got, by the log's word.
package struct FeedProgress: Equatable, Sendable {
    /// Each of the pipeline's tables once, from its making on.
    package var tables: [TableMemory]
    /// The newest plan. It stays when it is done, until the next: another writer may put its commit
    /// over ours.
    package var plan: Plan?
    /// Whether all of the plan's commits have been read back.
    package var isPlanDone: Bool

    /// Nothing done and nothing planned, unless told otherwise.
    package init(tables: [TableMemory] = [], plan: Plan? = nil, isPlanDone: Bool = true) {
        self.tables = tables
        self.plan = plan
        self.isPlanDone = isPlanDone
    }

    /// The table as we left it; nil before it was made.
    package subscript(table: TableName) -> TableMemory? {
        tables.first { $0.table == table }
    }

    /// The plan, while some of its commits may be missing.
    package var pending: Plan? { isPlanDone ? nil : plan }
}

/// A table as we left it.
package struct TableMemory: Equatable, Sendable {
    /// Which of the pipeline's tables.
    package let table: TableName
    /// Our last commit, or the table's newest when we found it.
    package var position: TablePosition
    /// The cursors as we left them, by partition; nil before the first.
    package var reached: [Int64?]

    /// A table at a position, its cursors as far as they are known.
    package init(table: TableName, position: TablePosition, reached: [Int64?] = []) {
        self.table = table
        self.position = position
        self.reached = reached
    }

    /// The next offset of a partition that the table does not have; nil before the first.
    package func reached(_ partition: UInt32) -> Int64? {
        Int(partition) < reached.count ? reached[Int(partition)] : nil
    }

    /// Takes in that the table has everything up to the ends of these ranges.
    package mutating func reach(_ ranges: [PartitionRange]) {
        for range in ranges {
            let place = Int(range.partition)
            while reached.count <= place { reached.append(nil) }
            reached[place] = range.offsets.upperBound
        }
    }
}
