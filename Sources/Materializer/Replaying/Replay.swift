internal import DeltaTable
package import StreamLog
internal import Synchronization

/// Fills a table from a range of a log: the same steps as following it, to a pinned end.
///
/// The same range under the same mapping gives the same rows. Stopped anywhere, it goes on from
/// there when it is started again.
package struct Replay: Sendable {
    let store: ReplayStore
    private let runner: PipelineRunner
    private let byteCount: Int

    /// `definition.root` is where `store` remembers.
    package init(
        _ definition: PipelineDefinition, _ store: ReplayStore,
        _ limits: MachineLimits = MachineLimits(), clock: any LogClock = SystemClock(),
        random: @escaping @Sendable () -> UInt64
    ) {
        self.store = store
        var definition = definition
        // Nobody reads the table yet whom a change of its columns could disturb.
        definition.flush.growthInterval = 0
        definition.care.commitsBetweenCompactions = nil
        // Where there is a budget, whoever steps keeps to it.
        var limits = limits
        limits.tableByteCountMax = nil
        byteCount = min(definition.flush.byteCount, limits.memoryByteCount)
        runner = PipelineRunner(
            definition, store, limits, clock: clock,
            Surroundings(now: { clock.read().wall }, random: random), random: random)
    }

    /// Runs to the end. `progress` is told how many offsets of how many are done.
    package func run(
        progress: @Sendable (_ done: Int64, _ of: Int64) -> Void
    ) async throws(Interruption) -> PipelineStatistics {
        let all = store.offsetCount
        progress(store.doneCount, all)
        while try await !step(byteCount: byteCount) { progress(store.doneCount, all) }
        progress(all, all)
        return statistics
    }

    /// What this process has done of it.
    var statistics: PipelineStatistics { runner.board.withLock { $0 } }

    /// Writes one window, of so many bytes of rows at most. True when there is no more to write.
    func step(byteCount: Int) async throws(Interruption) -> Bool {
        let done = store.doneCount
        guard !Task.isCancelled else { throw .cancelled }
        _ = await runner.flush(byteCount: byteCount)
        switch statistics.state {
        case .following, .working: break
        case .paused(let pause): throw .pause(pause)
        case .retrying(let trouble, _): throw .trouble(trouble)
        case .waitingForStream: throw .noStream
        case .starting, .stopped: throw .cancelled
        }
        if store.doneCount >= store.offsetCount { return true }
        // A range from which nothing can be read does not move by itself.
        guard store.doneCount > done else { throw .trouble(.read(.closed)) }
        return false
    }
}

extension Interruption: CustomStringConvertible {
    /// Why it stands still, and what makes it go on.
    package var description: String {
        switch self {
        case .noStream: "there is no such stream"
        case .pause(let pause): pause.description
        case .trouble(let trouble): trouble.description
        case .refused(let refusal): refusal.description
        case .cancelled: "stopped; it goes on from here when it is started again"
        }
    }
}
