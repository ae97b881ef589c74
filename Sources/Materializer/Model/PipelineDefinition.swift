package import JSONFlattening
package import StreamLog
package import StreamModel

/// What a pipeline follows, into which tables, and how.
///
/// The name is its identity: with the store and the stream it makes the cursors in the tables. A
/// pipeline under another name begins anew.
package struct PipelineDefinition: Sendable {
    /// Also the name of its feed in the log.
    package let name: FeedName
    /// It need not exist yet: the pipeline waits for it.
    package let stream: StreamName
    /// How JSON becomes columns.
    package var mapping: Mapping
    /// Whether `mapping` is the configuration's word. If not, it is only what a pipeline begins
    /// with that has not been here before.
    package var isMappingConfigured = true
    /// Where the parent table lies. Children and the quarantine lie beside it.
    package var root: String
    /// When what waits is written.
    package var flush: FlushLimits
    /// What retention may take before the tables have it.
    package var gate: FeedGate
    /// How small files, old rows and the tables' size are kept in bounds.
    package var care: TableCare

    /// A pipeline that no configuration contradicts: its mapping is the one that counts.
    package init(
        name: FeedName, stream: StreamName, mapping: Mapping = Mapping(), root: String,
        flush: FlushLimits = FlushLimits(), gate: FeedGate = .onDiskPressure,
        care: TableCare = TableCare()
    ) {
        self.name = name
        self.stream = stream
        self.mapping = mapping
        self.root = root
        self.flush = flush
        self.gate = gate
        self.care = care
    }
}

/// When what waits in the log is written into tables.
package struct FlushLimits: Equatable, Sendable {
    /// How long an event waits at most, in milliseconds, while the machine's commits allow it.
    package var freshness: Int64
    /// So many waiting events are written without waiting for more.
    package var eventCount: Int64
    /// What the rows of one commit may take in memory, in bytes.
    package var byteCount: Int
    /// How long the columns stay as they are after they grew, in milliseconds.
    package var growthInterval: Int64 = 60_000

    /// Freshness is at most a day, memory at least 1 MiB: what lies beyond is brought to the limit.
    package init(freshness: Int64 = 5_000, eventCount: Int64 = 500_000, byteCount: Int = 96 << 20) {
        self.freshness = min(max(0, freshness), 86_400_000)
        self.eventCount = max(1, eventCount)
        self.byteCount = max(1 << 20, byteCount)
    }
}

/// How the tables of a pipeline are kept small and quick.
package struct TableCare: Equatable, Sendable {
    /// So many commits after the last one, small files are written together. Nil: never.
    package var commitsBetweenCompactions: Int64? = 120
    /// Files all of whose events are older than this are removed, in milliseconds. Nil: never.
    package var retentionAge: Int64?
    /// The oldest files are removed while the tables are larger than this, in bytes. Nil: never.
    package var byteCountMax: Int64?

    /// Compacts, and removes no row.
    package init() {}
}

/// What happens when the tables take what they may.
package enum TableBudgetPolicy: Sendable {
    /// The oldest rows go, of tables that have a retention; where that is not enough the pipelines
    /// wait.
    case dropOldest
    /// The pipelines wait.
    case wait
}

/// What all pipelines of a machine share.
package struct MachineLimits: Equatable, Sendable {
    /// Commits to tables a second.
    package var commitsPerSecond = 6.0
    /// No event waits longer for the limit above, in milliseconds.
    package var waitMax: Int64 = 60_000
    /// What the rows of all pipelines may take in memory, in bytes.
    package var memoryByteCount = 128 << 20
    /// How many tasks one flush may use.
    package var taskCount = 2
    /// What all tables may take of their volume, in bytes. Nil: half of what the store may take,
    /// for a ``Materializer``, and else all there is.
    package var tableByteCountMax: Int64?
    /// What happens there.
    package var atTableBudget = TableBudgetPolicy.dropOldest

    /// Limits for a small machine: six commits a second, 128 MiB, two tasks.
    package init() {}
}

extension PipelineDefinition {
    /// The pipeline of that name as the log remembers it, for somebody who has no configuration;
    /// nil when it has none of that name.
    package init?(
        remembered name: String, of incarnation: StreamIncarnation?, root: String,
        in log: StreamLog
    ) {
        let streams = log.streams().filter { incarnation == nil || $0.incarnation == incarnation }
        for stream in streams {
            guard let feed = log.feeds(of: stream.incarnation).first(where: { $0.name == name }),
                let feedName = try? FeedName(name)
            else { continue }
            self.init(name: feedName, stream: stream.name, root: root, gate: feed.gate)
            isMappingConfigured = false
            return
        }
        return nil
    }
}
