internal import DeltaTable
package import StreamLog
internal import StreamModel
internal import Synchronization

/// Follows streams of one log into Delta tables, exactly once.
///
///     log ──news──▶ scheduler ──due──▶ runner of the pipeline ──▶ tables
///                   (decides)          (one flush at a time)
///
/// What waits, waits in the log: nothing is kept in memory between two flushes. `run` does the
/// work; everything else may be called from anywhere, at any time.
package final class Materializer: Sendable {
    private let log: StreamLog
    private let limits: MachineLimits
    private let clock: any LogClock
    private let surroundings: Surroundings
    private let random: @Sendable () -> UInt64
    private let observe: PipelineObserver?
    private let space: TableSpace
    private let runners = Mutex<[String: PipelineRunner]>([:])
    private let mailbox = Mailbox<Message>()

    private enum Message: Sendable {
        case added(String)
        case removed(String)
        case news(String)
        case ordered(String)
        case finished(String, PipelineRunner.Outcome)
        case stop
    }

    /// Follows nothing yet. `observe` is told of each commit and each flush, from any thread, and
    /// has to be quick.
    package init(
        _ log: StreamLog, _ limits: MachineLimits = MachineLimits(),
        clock: any LogClock = SystemClock(), random: @escaping @Sendable () -> UInt64,
        observe: PipelineObserver? = nil
    ) {
        self.observe = observe
        self.log = log
        var limits = limits
        let half = Int64(log.statistics().budget / 2)
        limits.tableByteCountMax = limits.tableByteCountMax ?? half
        self.limits = limits
        space = TableSpace(limits)
        self.clock = clock
        self.random = random
        surroundings = Surroundings(now: { clock.read().wall }, random: random)
    }

    // MARK: Pipelines

    /// Follows a stream, which need not exist yet. A pipeline of the same name is replaced: it goes
    /// on where it was, with the new mapping and limits.
    package func add(_ definition: PipelineDefinition) {
        let runner = PipelineRunner(
            definition, LogStore(log: log), limits, clock: clock, surroundings, random: random,
            space: space, observe: observe)
        // What is there counts before the first flush of anybody.
        space.measure(definition.root)
        noteUse()
        runners.withLock { $0[definition.name.text] = runner }
        mailbox.post(.added(definition.name.text))
    }

    /// Stops following. The tables stay, and so does the feed: the pipeline may come back.
    package func remove(named name: String) { mailbox.post(.removed(name)) }

    /// Has a pipeline do something at its next flush, which is at once. Returns the order's number:
    /// what becomes of it is in the statistics.
    @discardableResult
    package func order(
        _ order: PipelineOrder, forPipeline name: String
    ) throws(OrderRefusal) -> UInt64 {
        guard let runner = runners.withLock({ $0[name] }) else { throw .unknownPipeline(name) }
        let serial = try runner.take(order)
        mailbox.post(.ordered(name))
        return serial
    }

    /// How all pipelines stand, by name.
    package func statistics() -> [PipelineStatistics] {
        runners.withLock { Array($0.values) }.map(statistics(of:)).sorted { $0.name < $1.name }
    }

    /// Where the partitions are, with ends as of now.
    private func statistics(of runner: PipelineRunner) -> PipelineStatistics {
        var statistics = runner.board.withLock { $0 }
        guard let stream = try? log.stream(named: runner.definition.stream) else {
            return statistics
        }
        let known = statistics.partitions
        statistics.partitions = (0..<stream.partitionCount).map { index in
            let id = PartitionID(stream.incarnation, UInt32(index))
            let isKnown = index < known.count
            return PipelineStatistics.Partition(
                index: UInt32(index), position: isKnown ? known[index].position : 0,
                end: (try? log.bounds(of: id).upperBound) ?? 0,
                waitingSince: isKnown ? known[index].waitingSince : nil)
        }
        return statistics
    }

    /// Finds out since when events wait: from the log, because it may be for longer than we run.
    private func noteWaits(_ statistics: PipelineStatistics, of runner: PipelineRunner) {
        let places = places(in: statistics)
        guard places.count == statistics.partitions.count else { return }
        var partitions = statistics.partitions
        for (index, place) in places.enumerated() {
            if partitions[index].lag == 0 {
                partitions[index].waitingSince = nil
            } else if partitions[index].waitingSince == nil {
                partitions[index].waitingSince = appendTime(at: place.offset, of: place.id)
            }
        }
        runner.note(waits: partitions)
    }

    private func appendTime(at offset: Offset, of id: PartitionID) -> Int64? {
        switch try? log.read(id, from: offset, byteCount: 1, .reportGap).items.first {
        case .batch(let stored): stored.appendTime
        case .gap(let gap): gap.time
        case nil: nil
        }
    }

    /// The places at which news would be news.
    private func places(in statistics: PipelineStatistics) -> [(id: PartitionID, offset: Offset)] {
        guard let name = try? StreamName(statistics.stream),
            let stream = try? log.stream(named: name)
        else { return [] }
        return statistics.partitions.map { partition in
            (
                PartitionID(stream.incarnation, partition.index),
                Offset(unchecked: max(0, partition.position))
            )
        }
    }

    // MARK: Running

    /// Materializes until `stop` is called and what the log had then is in the tables, or the task
    /// is cancelled: then flushes end where they are, and the next start finishes them.
    package func run() async {
        await withDiscardingTaskGroup { group in
            var loop = Loop(limits, now: clock.read().boot)
            while !Task.isCancelled {
                for message in mailbox.take() { handle(message, &loop) }
                look(&loop)
                if loop.isStopping, loop.isOver { break }
                switch loop.scheduler.next(now: clock.read().boot) {
                case .start(let name, let byteCount):
                    guard let runner = runners.withLock({ $0[name] }) else {
                        loop.scheduler.remove(name)
                        continue
                    }
                    group.addTask {
                        let outcome = await runner.flush(byteCount: byteCount)
                        self.mailbox.post(.finished(name, outcome))
                    }
                case .wait(let until):
                    let now = clock.read().boot
                    let most = min(until ?? .max, loop.nextLook) - now
                    await mailbox.wait(atMost: .milliseconds(max(1, most)))
                }
            }
            group.cancelAll()
        }
    }

    /// Ends `run` once the tables have what the log has now.
    package func stop() { mailbox.post(.stop) }

    /// What only the loop touches.
    private struct Loop {
        var scheduler: FlushScheduler<String>
        var tickets: [String: NewsTicket] = [:]
        var isStopping = false
        /// Pipelines that have to have what the log had when it was to stop.
        var draining: [String: Int] = [:]
        var nextLook: Int64

        init(_ limits: MachineLimits, now: Int64) {
            scheduler = FlushScheduler(limits, now: now)
            nextLook = now
        }

        var isOver: Bool { scheduler.isIdle && draining.isEmpty }
    }

    /// So often all pipelines are looked at, whether there is news or not: a partition may be new.
    private static let lookInterval: Int64 = 10_000
    /// A pipeline that is stopped gets so many flushes to catch up.
    private static let drainCountMax = 64

    private func handle(_ message: Message, _ loop: inout Loop) {
        let now = clock.read().boot
        switch message {
        case .added(let name):
            guard let runner = runners.withLock({ $0[name] }) else { return }
            loop.scheduler.add(name, runner.definition.flush)
            loop.scheduler.hold(name, until: .min)
            // Its first flush finds out where it is, whether there are events or not.
            loop.scheduler.note(name, eventCount: .max, now: now)
        case .removed(let name):
            forget(name, &loop)
            let runner = runners.withLock { $0.removeValue(forKey: name) }
            runner?.show(.stopped)
        case .news(let name): count(name, &loop)
        case .ordered(let name):
            loop.scheduler.hold(name, until: .min)
            loop.scheduler.note(name, eventCount: .max, now: now)
        case .finished(let name, let outcome): finish(name, outcome, &loop)
        case .stop:
            loop.isStopping = true
            loop.scheduler.isDraining = true
            for name in runners.withLock({ Array($0.keys) }) {
                loop.draining[name] = Self.drainCountMax
                count(name, &loop)
                settle(name, &loop)
            }
        }
    }

    private func finish(_ name: String, _ outcome: PipelineRunner.Outcome, _ loop: inout Loop) {
        let now = clock.read().boot
        let runner = runners.withLock { $0[name] }
        let statistics = runner.map(statistics(of:))
        let left = statistics?.lag ?? 0
        if let runner, let statistics { noteWaits(statistics, of: runner) }
        loop.scheduler.finish(name, commitCount: outcome.commitCount, left: left, now: now)
        if outcome.isPaused { loop.scheduler.hold(name, until: nil) }
        if let time = outcome.holdUntil {
            loop.scheduler.hold(name, until: time)
            loop.scheduler.note(name, eventCount: max(1, left), now: now)
        }
        // An order may have come while the flush was under way.
        if outcome.isAtWork || runner?.isOrdered == true {
            loop.scheduler.hold(name, until: .min)
            loop.scheduler.note(name, eventCount: .max, now: now)
        }
        if let left = loop.draining[name] { loop.draining[name] = left - 1 }
        if outcome.isPaused || outcome.holdUntil != nil { loop.draining[name] = nil }
        settle(name, &loop)
        watch(name, &loop)
        noteUse()
    }

    /// Whether a pipeline that is being stopped has all it has to have.
    private func settle(_ name: String, _ loop: inout Loop) {
        guard let left = loop.draining[name] else { return }
        let statistics = runners.withLock { $0[name] }.map(self.statistics(of:))
        let isStuck =
            switch statistics?.state {
            case .paused, .retrying, .waitingForStream, .stopped, nil: true
            case .starting, .following, .working: false
            }
        // One that is starting does not know yet what it lacks.
        let isDone = statistics?.state == .following && statistics?.lag == 0
        if left <= 0 || isStuck || isDone { loop.draining[name] = nil }
    }

    private func look(_ loop: inout Loop) {
        let now = clock.read().boot
        guard now >= loop.nextLook else { return }
        loop.nextLook = now + Self.lookInterval
        // A quiet pipeline has old rows too.
        let isTight = space.trimsRows && space.isTight
        for name in runners.withLock({ Array($0.keys) }) {
            count(name, &loop)
            if isTight { loop.scheduler.note(name, eventCount: .max, now: now) }
        }
        noteUse()
    }

    /// The tables are part of what the store may take of its volume, up to their budget: beyond
    /// that no event of the log makes room for them.
    private func noteUse() {
        log.noteOutsideUse(byteCount: Int(clamping: min(space.usedByteCount, space.byteCountMax)))
    }

    /// What the tables of all pipelines take of their volume, and may take, in bytes.
    package var tableUse: (byteCount: Int64, byteCountMax: Int64) {
        (space.usedByteCount, space.byteCountMax)
    }

    /// Tells the scheduler how much waits, and waits for news where nothing does.
    private func count(_ name: String, _ loop: inout Loop) {
        guard let runner = runners.withLock({ $0[name] }) else { return }
        let statistics = self.statistics(of: runner)
        guard statistics.state == .following else { return noteWaits(statistics, of: runner) }
        loop.scheduler.note(name, eventCount: statistics.lag, now: clock.read().boot)
        noteWaits(statistics, of: runner)
        if statistics.lag == 0 { watch(name, &loop) }
    }

    private func watch(_ name: String, _ loop: inout Loop) {
        guard let runner = runners.withLock({ $0[name] }) else { return }
        if let old = loop.tickets.removeValue(forKey: name) { log.cancel(old) }
        let statistics = self.statistics(of: runner)
        guard statistics.state == .following, statistics.lag == 0 else { return }
        loop.tickets[name] = log.notify(of: places(in: statistics)) { [mailbox] in
            mailbox.post(.news(name))
        }
    }

    private func forget(_ name: String, _ loop: inout Loop) {
        if let ticket = loop.tickets.removeValue(forKey: name) { log.cancel(ticket) }
        loop.scheduler.remove(name)
        loop.draining[name] = nil
    }
}
