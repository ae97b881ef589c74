internal import DeltaTable
package import JSONFlattening
package import StreamLog
internal import StreamModel
internal import Synchronization

/// Carries out what an operator chose for a table, and follows until it has all that the log has.
///
/// The choice is in the log before anything is done. Stopped anywhere, following goes on with it.
package struct Resolution: Sendable {
    private let runner: PipelineRunner
    private let choice: Choice
    private let byteCount: Int
    private let stream: StreamDefinition
    private let ends: @Sendable (StreamDefinition) -> [Int64]

    /// For the pipeline whose cursors the table in `root` has, or that is called `name` where the
    /// table has none any more. Without a mapping it keeps its own.
    package init(
        _ choice: Choice, of root: String, named name: String?, mapping: Mapping?,
        in log: StreamLog, clock: any LogClock = SystemClock(),
        random: @escaping @Sendable () -> UInt64
    ) async throws(Interruption) {
        let surroundings = Surroundings(now: { clock.read().wall }, random: random)
        let table = try? await Table.open(in: LocalStorage(root), surroundings)
        let cursors = table?.state.transactions.keys.compactMap { CursorName($0) } ?? []
        let own = cursors.filter { $0.store == log.storeID }
            .max { $0.generation < $1.generation }
        guard let pipeline = name ?? own?.pipeline, let feed = try? FeedName(pipeline),
            let stream = log.streams().first(where: { stream in
                own.map { $0.incarnation == stream.incarnation }
                    ?? log.feeds(of: stream.incarnation).contains { $0.name == pipeline }
            })
        else { throw .noStream }
        var known = Mapping()
        do throws(RecordError) {
            let memory = try FeedStore(log, stream.incarnation, name: pipeline).memory()
            if let bytes = memory?.mapping { known = (try? Mapping(parsing: bytes)) ?? known }
        } catch { throw .trouble(.memory(error)) }
        let gate = log.feeds(of: stream.incarnation).first { $0.name == pipeline }?.gate
        var definition = PipelineDefinition(
            name: feed, stream: stream.name, mapping: mapping ?? known, root: root,
            gate: gate ?? .onDiskPressure)
        definition.flush.growthInterval = 0
        self.choice = choice
        byteCount = definition.flush.byteCount
        runner = PipelineRunner(
            definition, LogStore(log: log), MachineLimits(), clock: clock, surroundings,
            random: random)
        ends = { stream in
            (0..<stream.partitionCount).map { partition in
                let id = PartitionID(stream.incarnation, UInt32(partition))
                return (try? log.bounds(of: id).upperBound) ?? 0
            }
        }
        self.stream = stream
    }

    /// Runs until the tables have what the log had at the start. `progress` is told how many
    /// offsets of how many are done.
    package func run(
        progress: @Sendable (_ done: Int64, _ of: Int64) -> Void
    ) async throws(Interruption) -> PipelineStatistics {
        let ends = ends(stream)
        let all = ends.reduce(0, &+)
        await runner.choose(choice)
        while true {
            guard !Task.isCancelled else { throw .cancelled }
            _ = await runner.flush(byteCount: byteCount)
            let statistics = runner.board.withLock { $0 }
            switch statistics.state {
            case .following: break
            case .paused(let pause): throw .pause(pause)
            case .retrying(let trouble, _): throw .trouble(trouble)
            case .waitingForStream: throw .noStream
            case .starting, .stopped: throw .cancelled
            }
            let done = zip(statistics.partitions, ends).reduce(0) { $0 &+ min($1.0.position, $1.1) }
            progress(done, all)
            if done >= all { return statistics }
        }
    }
}
