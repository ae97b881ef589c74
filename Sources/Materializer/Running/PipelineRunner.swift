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
    nonisolated let store: any PipelineStore
    nonisolated let clock: any LogClock
    nonisolated let surroundings: Surroundings
    nonisolated let random: @Sendable () -> UInt64
    nonisolated let limits: MachineLimits
    nonisolated let observe: PipelineObserver?
    nonisolated let space: TableSpace
    nonisolated let board: Mutex<PipelineStatistics>
    var followed: Followed?
    /// Set while a rebuild is under way.
    var staging: Replay?
    /// Set while a redrive is.
    var redriving: RedriveRun?

    /// After trouble the next attempt waits, and after each further one twice as long.
    private var retryDelay: Int64 = 0
    private static let retryDelays: ClosedRange<Int64> = 250...30_000

    init(
        _ definition: PipelineDefinition, _ store: any PipelineStore, _ limits: MachineLimits,
        clock: any LogClock, _ surroundings: Surroundings, random: @escaping @Sendable () -> UInt64,
        space: TableSpace? = nil, observe: PipelineObserver? = nil
    ) {
        self.observe = observe
        self.space = space ?? TableSpace(limits)
        self.random = random
        self.definition = definition
        self.store = store
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
        /// There is more of an order to do at once.
        var isAtWork = false
    }

    /// Writes what waits, as far as it fits `byteCount` bytes of rows. Never fails: what stands in
    /// the way is in the statistics, and in the outcome.
    func flush(byteCount: Int) async -> Outcome {
        let before = board.withLock { $0.commitCount }
        var outcome = Outcome()
        do throws(Interruption) {
            // What is known is from before the order.
            if isOrdered { followed = nil }
            if followed == nil { try await open() }
            outcome.isAtWork = try await work(byteCount: byteCount)
            retryDelay = 0
            if !outcome.isAtWork {
                try await write(byteCount: byteCount)
                show(.following)
            }
        } catch {
            outcome = react(to: error)
        }
        outcome.commitCount = Int(board.withLock { $0.commitCount } - before)
        return outcome
    }

    /// Does a step of what has to be done before following goes on. False when nothing has.
    private func work(byteCount: Int) async throws(Interruption) -> Bool {
        guard let followed else { return false }
        if followed.memory.rebuild != nil {
            try await rebuild(followed, byteCount: byteCount)
            // It is found out anew where the tables are.
            if staging == nil { self.followed = nil }
            return true
        }
        if redriving != nil { return try await redrive(followed) }
        endOrder()
        return false
    }

    /// Whether an order waits for the next flush.
    nonisolated var isOrdered: Bool {
        board.withLock { board in
            guard let order = board.order else { return false }
            return order.result == nil && !order.isBegun
        }
    }

    private func react(to interruption: Interruption) -> Outcome {
        followed = nil
        staging = nil
        redriving = nil
        if interruption != .cancelled { endOrder(interruption) }
        let now = clock.read()
        switch interruption {
        case .refused:
            return Outcome(isAtWork: true)
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

    /// Takes down since when events wait in each partition, as of these positions.
    nonisolated func note(waits partitions: [PipelineStatistics.Partition]) {
        board.withLock { board in
            for known in board.partitions.indices where known < partitions.count {
                guard board.partitions[known].position == partitions[known].position else {
                    continue
                }
                board.partitions[known].waitingSince = partitions[known].waitingSince
            }
            board.waitingSince = partitions.compactMap(\.waitingSince).min()
        }
    }

    nonisolated func show(_ state: PipelineState) { board.withLock { $0.state = state } }
}
