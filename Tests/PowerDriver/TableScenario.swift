import DeltaTable
import JSONFlattening
import Materializer
import StreamLog
import StreamModel

/// What a workload does with a log and the tables that are made of it.
enum TableScenario: String {
    /// Columns come, arrays explode, events are quarantined.
    case tables
    /// As `tables`, and small files are put together all the time.
    case compaction
    /// The log is there, and a table is filled from all of it.
    case replay
    /// As `replay`, by `millrace replay`.
    case replayCommand = "replay-command"
    /// Tables are made anew under another mapping, by `millrace table rebuild`.
    case rebuild
    /// What was quarantined lands under a mended mapping, by `millrace table redrive`.
    case redrive

    static let partitionCount = 2

    var textByteCount: Int { self == .replay ? 1500 : 40 }

    func log(_ disk: String) throws(OpenError) -> StreamLog {
        var configuration = LogConfiguration()
        configuration.segmentByteCount = 256 << 10
        configuration.budget = 64 << 20
        return try StreamLog(
            opening: disk + "/store", configuration, random: SystemRandomNumberGenerator())
    }

    /// Where the parent table lies, beside the store.
    func root(_ disk: String) -> String { disk + "/tables/events" }

    func partitions(of log: StreamLog) async throws -> [PartitionID] {
        let name = try StreamName("events")
        let known = try? log.stream(named: name)
        let definition: StreamDefinition
        if let known {
            definition = known
        } else {
            definition = try await log.createStream(name, partitionCount: Self.partitionCount)
        }
        return (0..<definition.partitionCount).map {
            PartitionID(definition.incarnation, UInt32($0))
        }
    }

    /// Appends the next events of a partition. The answer is where it ends then.
    func append(_ count: Int, to id: PartitionID, _ log: StreamLog) async throws -> Int64 {
        let end = try log.bounds(of: id).upperBound
        let records = (0..<Int64(count)).map { index in
            let event = TableEvent(partition: id.index, offset: end + index)
            return Record(value: event.body(self), timestamp: Timestamp(milliseconds: 0))
        }
        let base = try await log.append(records, to: id)
        return base.rawValue + Int64(count)
    }

    // MARK: Into tables

    /// Whether a table is filled from a log that nobody follows.
    var isReplay: Bool { self == .replay || self == .replayCommand }

    /// What an operator has done with tables that are there.
    var operation: PipelineOrder.Task? {
        switch self {
        case .rebuild: .resolve(.rebuild)
        case .redrive: .redrive
        case .tables, .compaction, .replay, .replayCommand: nil
        }
    }

    /// How the pipeline flattens.
    private var mapping: String {
        switch self {
        case .rebuild: #"{"fields":{"tags":{"as":"json"}}}"#
        case .redrive: #"{"depthMax":2,"fields":{"tags":{"as":"explode","table":"tags"}}}"#
        case .tables, .compaction, .replay, .replayCommand: Self.exploding
        }
    }

    /// The mapping that the command brings. A rebuild leaves it to the pipeline.
    var commandMapping: String {
        guard self == .redrive else { return Self.exploding }
        return #"{"fields":{"tags":{"as":"explode","table":"tags"},"#
            + #""a":{"fields":{"b":{"as":"json"}}}}}"#
    }

    private static let exploding = #"{"fields":{"tags":{"as":"explode","table":"tags"}}}"#

    private func definition(_ disk: String) throws -> PipelineDefinition {
        var flush = FlushLimits(freshness: 0, eventCount: 1)
        flush.growthInterval = 0
        var care = TableCare()
        care.commitsBetweenCompactions = self == .compaction ? 2 : nil
        // Who goes on with what the command began has its name: cursors bear it.
        let name = self == .replayCommand ? "replay" : "pipeline"
        return PipelineDefinition(
            name: try FeedName(name), stream: try StreamName("events"),
            mapping: try Mapping(parsing: Array(mapping.utf8)), root: root(disk),
            flush: flush, care: care)
    }

    /// Carries out an order, if there is one, and follows the stream while `body` runs, and on
    /// until the tables have what the log has then.
    func materialize(
        _ log: StreamLog, _ disk: String, ordered task: PipelineOrder.Task? = nil,
        while body: () async throws -> Void = {}
    ) async throws -> PipelineStatistics {
        var limits = MachineLimits()
        limits.commitsPerSecond = 100_000
        let materializer = Materializer(log, limits) { UInt64.random(in: 0 ... .max) }
        let definition = try definition(disk)
        materializer.add(definition)
        if let task {
            let mended = try Mapping(parsing: Array(commandMapping.utf8))
            try materializer.order(
                PipelineOrder(task, mapping: mended), forPipeline: definition.name.text)
        }
        async let run: Void = materializer.run()
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        materializer.stop()
        await run
        try result.get()
        guard let statistics = materializer.statistics().first else {
            preconditionFailure("the pipeline was added and is not there")
        }
        return statistics
    }

    /// Fills the table from the whole log, or goes on with that.
    func replay(
        _ log: StreamLog, _ ids: [PartitionID], _ disk: String
    ) async throws -> PipelineStatistics {
        let ends = try ids.map { 0..<(try log.bounds(of: $0).upperBound) }
        let store = try ReplayStore(
            root(disk), store: log.storeID, stream: try log.stream(named: StreamName("events")),
            bounds: ends
        ) { (id, offset, byteCount) throws(ReadError) in
            try log.read(id, from: Offset(unchecked: offset), byteCount: byteCount, .reportGap)
        }
        // So little memory that it takes several commits.
        var limits = MachineLimits()
        limits.memoryByteCount = 64 << 10
        let replay = Replay(
            try definition(disk), store, limits, random: { UInt64.random(in: 0 ... .max) })
        return try await replay.run { _, _ in }
    }
}
