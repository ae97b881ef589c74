internal import DeltaTable
internal import DurableFiles
internal import JSONFlattening
internal import StreamLog
internal import StreamModel
internal import Synchronization

/// Follows one stream into its tables: one flush at a time.
///
///        read ▶ flatten ▶ files, durable ▶ plan in the log ▶ commits ▶ position in the log
///                  │ new fields, and the columns may grow
///                  └──▶ flatten the same ranges again
///
/// A flush may be cut anywhere. What is not in the log's plan has not happened; what is gets
/// finished by whoever comes next.
actor PipelineRunner {
    nonisolated let definition: PipelineDefinition
    nonisolated let log: StreamLog
    nonisolated let clock: any LogClock
    nonisolated let surroundings: Surroundings
    nonisolated let random: @Sendable () -> UInt64
    nonisolated let limits: MachineLimits
    nonisolated let board: Mutex<PipelineStatistics>
    var followed: Followed?
    private var choice: Choice?

    /// After trouble the next attempt waits, and after each further one twice as long.
    private var retryDelay: Int64 = 0
    private static let retryDelays: ClosedRange<Int64> = 250...30_000

    init(
        _ definition: PipelineDefinition, _ log: StreamLog, _ limits: MachineLimits,
        clock: any LogClock, _ surroundings: Surroundings, random: @escaping @Sendable () -> UInt64
    ) {
        self.random = random
        self.definition = definition
        self.log = log
        self.limits = limits
        self.clock = clock
        self.surroundings = surroundings
        board = Mutex(
            PipelineStatistics(
                name: definition.name.text, stream: definition.stream.text, root: definition.root))
    }

    /// How a flush ended.
    struct Outcome: Sendable {
        var commitCount = 0
        /// Not before that time, in boot milliseconds.
        var holdUntil: Int64?
        var isPaused = false
    }

    /// Writes what waits, as far as it fits `byteCount` bytes of rows. Never fails: what stands in
    /// the way is in the statistics, and in the outcome.
    func flush(byteCount: Int) async -> Outcome {
        let before = board.withLock { $0.commitCount }
        var outcome = Outcome()
        do throws(Interruption) {
            if followed == nil { try await open() }
            try await write(byteCount: byteCount)
            retryDelay = 0
            show(.following)
        } catch {
            outcome = react(to: error)
        }
        outcome.commitCount = Int(board.withLock { $0.commitCount } - before)
        return outcome
    }

    /// The operator's word on an anomaly. It takes effect with the next flush.
    func choose(_ choice: Choice) {
        self.choice = choice
        followed = nil
    }

    func takeChoice() -> Choice? {
        defer { choice = nil }
        return choice
    }

    private func react(to interruption: Interruption) -> Outcome {
        followed = nil
        let now = clock.read()
        switch interruption {
        case .cancelled:
            return Outcome(holdUntil: now.boot)
        case .noStream:
            show(.waitingForStream)
            return Outcome(holdUntil: now.boot + 1000)
        case .pause(let pause):
            show(.paused(pause))
            return Outcome(isPaused: true)
        case .trouble(let trouble):
            let bounds = Self.retryDelays
            retryDelay = min(max(retryDelay * 2, bounds.lowerBound), bounds.upperBound)
            show(.retrying(trouble, at: now.wall + retryDelay))
            return Outcome(holdUntil: now.boot + retryDelay)
        }
    }

    // MARK: What others may ask at any time

    nonisolated func show(_ state: PipelineState) { board.withLock { $0.state = state } }

    /// Where the partitions are, with ends as of now.
    nonisolated func statistics() -> PipelineStatistics {
        var statistics = board.withLock { $0 }
        guard let stream = try? log.stream(named: definition.stream) else { return statistics }
        let known = statistics.partitions
        statistics.partitions = (0..<stream.partitionCount).map { index in
            let id = PartitionID(stream.incarnation, UInt32(index))
            return PipelineStatistics.Partition(
                index: UInt32(index), position: index < known.count ? known[index].position : 0,
                end: (try? log.bounds(of: id).upperBound) ?? 0)
        }
        return statistics
    }

    /// The places at which news would be news.
    nonisolated func places() -> [(id: PartitionID, offset: Offset)] {
        guard let stream = try? log.stream(named: definition.stream) else { return [] }
        return statistics().partitions.map { partition in
            (
                PartitionID(stream.incarnation, partition.index),
                Offset(unchecked: max(0, partition.position))
            )
        }
    }

    /// Takes a step with the log, and says what kept it from it.
    func commit(_ requests: [StateRequest]) async throws(Interruption) {
        do throws(CommitError) {
            _ = try await log.commit(Commit(requests: requests))
        } catch {
            if case .stream(.unknown) = error { throw .noStream }
            throw .trouble(.log(error))
        }
    }
}
