internal import DeltaTable
package import StreamLog
internal import Synchronization

/// One pipeline whose flushes somebody else decides on: what `Materializer` runs beside others, by
/// itself and when its scheduler says so. Nothing of it outlives it but what is in log and tables.
package struct SteppedPipeline: Sendable {
    private let runner: PipelineRunner

    /// A pipeline that has not looked at log and tables yet; its first flush does.
    package init(
        _ definition: PipelineDefinition, _ log: StreamLog, _ limits: MachineLimits,
        clock: any LogClock, random: @escaping @Sendable () -> UInt64
    ) {
        runner = PipelineRunner(
            definition, LogStore(log: log), limits, clock: clock,
            Surroundings(now: { clock.read().wall }, random: random), random: random)
    }

    /// Writes what waits, as far as it fits `byteCount` bytes of rows, and looks after the tables.
    /// Never fails: the answer says how the pipeline stands.
    package func flush(byteCount: Int) async -> PipelineStatistics {
        _ = await runner.flush(byteCount: byteCount)
        return statistics
    }

    /// The operator's word on a pipeline that is paused; the next flush heeds it.
    package func choose(_ choice: Choice) async { await runner.choose(choice) }

    /// How the pipeline stands, with ends as of the last flush.
    package var statistics: PipelineStatistics { runner.board.withLock { $0 } }
}
