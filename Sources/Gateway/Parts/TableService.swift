internal import Foundation
internal import HTTPEndpoint
internal import JSONFlattening
internal import Logging
internal import Materializer
internal import ServiceLifecycle
internal import StreamLog
internal import StreamModel

/// Keeps a pipeline for every stream that is to have a table, also for streams made later.
///
/// A graceful stop ends when the tables have what the log has. Cancelled, it ends where it is, and
/// the next start goes on from there.
struct TableService: Service {
    let materializer: Materializer
    private let log: StreamLog
    private let configuration: GatewayConfiguration
    private let mappings: [StreamName: Mapping]
    private let logger: Logger

    /// How soon a new stream gets its pipeline.
    private static let interval = Duration.milliseconds(250)

    /// A service for the streams of a log, which runs nothing yet.
    init(
        _ log: StreamLog, _ configuration: GatewayConfiguration, _ metrics: MetricRegistry,
        _ logger: Logger
    ) {
        self.log = log
        self.configuration = configuration
        self.logger = logger
        mappings = Dictionary(
            configuration.streams.map { ($0.name, $0.mapping) }, uniquingKeysWith: { $1 })
        var limits = MachineLimits()
        limits.commitsPerSecond = Double(configuration.tables.commitsPerSecond)
        limits.memoryByteCount = configuration.tables.memoryByteCount
        // The log has its quarter also where the store's budget is found out from its volume.
        let most = Int64(log.statistics().budget / 4 * 3)
        limits.tableByteCountMax = configuration.tables.byteCountMax.map { min(Int64($0), most) }
        limits.atTableBudget = configuration.log.budgetPolicy == .dropOldest ? .dropOldest : .wait
        limits.taskCount = ProcessInfo.processInfo.activeProcessorCount
        materializer = Materializer(
            log, limits, random: { .random(in: .min ... .max) },
            observe: TableMetrics.observer(metrics))
    }

    /// Runs until it is stopped and drained, or cancelled.
    func run() async throws {
        await withTaskGroup { group in
            group.addTask { await materializer.run() }
            group.addTask {
                await follow()
                materializer.stop()
            }
            await group.waitForAll()
        }
    }

    // MARK: Pipelines

    /// Returns when the service is to stop, and every stream there is has a pipeline that knows
    /// where it stands, so that nothing is left out of the draining.
    private func follow() async {
        var known: Set<StreamName> = []
        var states: [String: String] = [:]
        while !Task.isCancelled {
            let isLast = Task.isShuttingDownGracefully
            for stream in log.streams() where !known.contains(stream.name) {
                known.insert(stream.name)
                if let definition = definition(for: stream.name) { materializer.add(definition) }
            }
            report(&states)
            if isLast, !materializer.statistics().contains(where: { $0.state == .starting }) {
                return
            }
            try? await Task.sleep(for: isLast ? .milliseconds(20) : Self.interval)
        }
    }

    private func definition(for name: StreamName) -> PipelineDefinition? {
        let choice = configuration.streams.first { $0.name == name }
        guard choice?.hasTable ?? configuration.tables.isEnabled,
            let pipeline = try? FeedName(name.text)
        else { return nil }
        var care = TableCare()
        care.commitsBetweenCompactions = configuration.tables.commitsBetweenCompactions
        care.retentionAge = configuration.tables.retention?.wholeMilliseconds
        return PipelineDefinition(
            name: pipeline, stream: name, mapping: mappings[name] ?? Mapping(),
            root: choice?.tablePath ?? configuration.tables.path(of: name),
            flush: FlushLimits(freshness: configuration.tables.freshness.wholeMilliseconds),
            gate: .onDiskPressure, care: care)
    }

    /// What the pipelines say, for metrics.
    func samples() -> [MetricSample] {
        let now = WallClock.now()
        return TableMetrics.samples(of: materializer.tableUse)
            + materializer.statistics().flatMap { TableMetrics.samples(of: $0, now: now) }
    }

    /// Says once in the log when a pipeline has come into another state.
    private func report(_ states: inout [String: String]) {
        for pipeline in materializer.statistics() {
            var text = "\(pipeline.state)"
            if case .working = pipeline.state { text = pipeline.state.name }
            guard states.updateValue(text, forKey: pipeline.name) != text else { continue }
            let metadata: Logger.Metadata = ["pipeline": "\(pipeline.name)", "state": "\(text)"]
            switch pipeline.state {
            case .paused, .retrying: logger.warning("a table does not follow", metadata: metadata)
            case .waitingForStream, .starting, .following, .working, .stopped:
                logger.info("pipeline", metadata: metadata)
            }
        }
    }
}

extension Duration {
    fileprivate var wholeMilliseconds: Int64 { Int64(self / .milliseconds(1)) }
}
