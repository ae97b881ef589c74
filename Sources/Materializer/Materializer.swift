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
    private let runners = Mutex<[String: PipelineRunner]>([:])
    private let mailbox = Mailbox<Message>()

    private enum Message: Sendable {
        case added(String)
        case removed(String)
        case news(String)
        case chosen(String, Choice)
        case finished(String, PipelineRunner.Outcome)
        case stop
    }

    package init(
        _ log: StreamLog, _ limits: MachineLimits = MachineLimits(),
        clock: any LogClock = SystemClock(), random: @escaping @Sendable () -> UInt64
    ) {
        self.log = log
        self.limits = limits
        self.clock = clock
        self.random = random
        surroundings = Surroundings(now: { clock.read().wall }, random: random)
    }

    // MARK: Pipelines

    /// Follows a stream, which need not exist yet. A pipeline of the same name is replaced: it goes
    /// on where it was, with the new mapping and limits.
    package func add(_ definition: PipelineDefinition) {
        let runner = PipelineRunner(
            definition, log, limits, clock: clock, surroundings, random: random)
        runners.withLock { $0[definition.name.text] = runner }
        mailbox.post(.added(definition.name.text))
    }

    /// Stops following. The tables stay, and so does the feed: the pipeline may come back.
    package func remove(named name: String) { mailbox.post(.removed(name)) }

    /// The operator's word on a pipeline that is paused. False when there is no such pipeline.
    @discardableResult
    package func choose(_ choice: Choice, forPipeline name: String) -> Bool {
        guard runners.withLock({ $0[name] != nil }) else { return false }
        mailbox.post(.chosen(name, choice))
        return true
    }

    /// How all pipelines stand, by name.
    package func statistics() -> [PipelineStatistics] {
        runners.withLock { Array($0.values) }.map { $0.statistics() }.sorted { $0.name < $1.name }
    }

    // MARK: Running

    /// Materializes until `stop` is called and what the log had then is in the tables, or the task
    /// is cancelled: then flushes end where they are, and the next start finishes them.
    package func run() async {
        await withDiscardingTaskGroup { group in
            var loop = Loop(limits, now: clock.read().boot)
            while !Task.isCancelled {
                for message in mailbox.take() { await handle(message, &loop) }
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

    private func handle(_ message: Message, _ loop: inout Loop) async {
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
        case .chosen(let name, let choice):
            await runners.withLock({ $0[name] })?.choose(choice)
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
        let left = runners.withLock { $0[name] }?.statistics().lag ?? 0
        loop.scheduler.finish(name, commitCount: outcome.commitCount, left: left, now: now)
        if outcome.isPaused { loop.scheduler.hold(name, until: nil) }
        if let time = outcome.holdUntil {
            loop.scheduler.hold(name, until: time)
            loop.scheduler.note(name, eventCount: max(1, left), now: now)
        }
        if let left = loop.draining[name] { loop.draining[name] = left - 1 }
        if outcome.isPaused || outcome.holdUntil != nil { loop.draining[name] = nil }
        settle(name, &loop)
        watch(name, &loop)
    }

    /// Whether a pipeline that is being stopped has all it has to have.
    private func settle(_ name: String, _ loop: inout Loop) {
        guard let left = loop.draining[name] else { return }
        let statistics = runners.withLock { $0[name] }?.statistics()
        let isStuck =
            switch statistics?.state {
            case .paused, .retrying, .waitingForStream, .stopped, nil: true
            case .starting, .following: false
            }
        if left <= 0 || isStuck || statistics?.lag == 0 { loop.draining[name] = nil }
    }

    private func look(_ loop: inout Loop) {
        let now = clock.read().boot
        guard now >= loop.nextLook else { return }
        loop.nextLook = now + Self.lookInterval
        for name in runners.withLock({ Array($0.keys) }) { count(name, &loop) }
    }

    /// Tells the scheduler how much waits, and waits for news where nothing does.
    private func count(_ name: String, _ loop: inout Loop) {
        guard let runner = runners.withLock({ $0[name] }) else { return }
        let statistics = runner.statistics()
        guard statistics.state == .following else { return }
        loop.scheduler.note(name, eventCount: statistics.lag, now: clock.read().boot)
        if statistics.lag == 0 { watch(name, &loop) }
    }

    private func watch(_ name: String, _ loop: inout Loop) {
        guard let runner = runners.withLock({ $0[name] }) else { return }
        if let old = loop.tickets.removeValue(forKey: name) { log.cancel(old) }
        guard runner.statistics().state == .following, runner.statistics().lag == 0 else { return }
        loop.tickets[name] = log.notify(of: runner.places()) { [mailbox] in
            mailbox.post(.news(name))
        }
    }

    private func forget(_ name: String, _ loop: inout Loop) {
        if let ticket = loop.tickets.removeValue(forKey: name) { log.cancel(ticket) }
        loop.scheduler.remove(name)
        loop.draining[name] = nil
    }
}
