internal import Access
internal import Control
internal import EventHubsEndpoint
internal import Foundation
package import HTTPEndpoint
package import Logging
internal import ServiceLifecycle
internal import StreamLog

/// Everything that `millrace serve` runs: one store, and what carries events into and out of it.
///
///     devices ──▶ endpoints ──▶ log ──▶ tables
///                                ▲
///     commands ──▶ control.sock ─┘
///
/// `open` builds the parts from the log upwards, and `run` runs them until `stop`, a part's failure
/// or cancellation. They stop in the opposite order: first nothing more comes in, then what came in
/// is answered and committed, last the store is closed.
package final class Gateway: Sendable {
    /// What was chosen.
    package let configuration: GatewayConfiguration
    private let store: OwnedStore
    /// The truth, for what this module does with it beside the parts.
    var log: StreamLog { store.log }
    private let stopSwitch: StopSwitch
    private let group: ServiceGroup
    private let notice: Notice

    /// Opens the store and builds every part. Nothing listens yet, except for commands.
    ///
    /// `stop` may be used before and while the gateway runs. Throws what an operator can read; the
    /// store is closed then.
    package static func open(
        _ configuration: GatewayConfiguration, metrics: MetricRegistry, logger: Logger,
        stop: StopSwitch
    ) async throws -> Gateway {
        let descriptors = try DescriptorLimit.raise()
        logger.info("file descriptors", metadata: ["limit": "\(descriptors.count)"])
        let isNew = !FileManager.default.fileExists(atPath: configuration.data)
        let store = try await OwnedStore(
            opening: configuration.data, configuration.log, random: SystemRandomNumberGenerator())
        do {
            try ProcessLimit.requireAddresses(
                forSegmentsOf: store.log.statistics().segmentByteCount)
            // WHY: the tables lie below, and engines of other users read them. The log and the keys
            // keep modes of their own, for the gateway's user alone.
            if isNew {
                try FileManager.default.setAttributes(
                    [.posixPermissions: 0o755], ofItemAtPath: configuration.data)
            }
            return try await Gateway(configuration, store, metrics, logger, stop)
        } catch {
            await store.close()
            throw error
        }
    }

    /// A registry that knows what the gateway's metrics mean.
    package static func metrics() -> MetricRegistry {
        MetricRegistry(
            meanings: LogMetrics.meanings.merging(TableMetrics.meanings) { own, _ in own })
    }

    private init(
        _ configuration: GatewayConfiguration, _ store: OwnedStore, _ metrics: MetricRegistry,
        _ logger: Logger, _ stop: StopSwitch
    ) async throws {
        let log = store.log
        let access = try AccessFile(in: configuration.data).rules(adding: configuration)
        try await StreamSetup(log, logger).prepare(configuration.streams)
        metrics.add { LogMetrics.samples(of: log) }
        let tables = configuration.tables(log, metrics, logger)
        if let tables { store.serve(TableDesk(tables.materializer)) }
        notice = Notice(configuration, logger)

        let hubs = configuration.hubs(log, access, metrics, logger, notice)
        let http = configuration.http(log, access, metrics, logger, notice)
        let parts: [(any Service)?] = [tables, hubs, http]

        self.configuration = configuration
        self.store = store
        stopSwitch = stop
        group = ServiceGroup(
            configuration: .all(
                parts.compactMap { $0 }, until: stop, configuration, logger))
    }

    /// Runs every part, and closes the store at the end. Returns after a graceful stop.
    package func run() async throws {
        let result: Result<Void, any Error>
        do {
            result = .success(try await group.run())
        } catch {
            result = .failure(error)
        }
        notice.remove()
        await store.close()
        if case .failure(let error) = result, !(stopSwitch.isOn && error is CancellationError) {
            throw error
        }
    }
}

extension GatewayConfiguration {
    fileprivate func tables(
        _ log: StreamLog, _ metrics: MetricRegistry, _ logger: Logger
    ) -> TableService? {
        guard tables.isEnabled else { return nil }
        let service = TableService(log, self, metrics, logger)
        metrics.add { service.samples() }
        return service
    }

    fileprivate func hubs(
        _ log: StreamLog, _ access: AccessRules, _ metrics: MetricRegistry, _ logger: Logger,
        _ notice: Notice
    ) -> EventHubsEndpoint? {
        guard let settings = eventHubs else { return nil }
        let listeners = hubListeners
        for listener in listeners { notice.expect(listener.name) }
        let endpoint = EventHubsEndpoint(
            log: log, access: access, configuration: settings, logger: logger
        ) { ports in
            for (listener, port) in zip(listeners, ports) {
                notice.listening(listener.name, ListenAddress(listener.address.host, port))
            }
        }
        metrics.add { LogMetrics.samples(of: endpoint) }
        return endpoint
    }

    fileprivate func http(
        _ log: StreamLog, _ access: AccessRules, _ metrics: MetricRegistry, _ logger: Logger,
        _ notice: Notice
    ) -> HTTPEndpoint? {
        guard let address = listeners.http else { return nil }
        var settings = HTTPConfiguration(
            host: address.host, port: address.port,
            unknownHubs: createsHubs ? .create(partitionCount: 4) : .notFound, now: WallClock.now)
        settings.connectionCountMax = DescriptorLimit.current.httpConnections(
            of: settings.connectionCountMax)
        notice.expect("http")
        return HTTPEndpoint(
            log, access: access, metrics: metrics, configuration: settings, logger: logger,
            health: { [LogMetrics.health(of: log)] },
            onReady: { port in notice.listening("http", ListenAddress(address.host, port)) })
    }
}

extension ServiceGroupConfiguration {
    /// The parts in their order, and the switch that ends them all.
    fileprivate static func all(
        _ parts: [any Service], until stop: StopSwitch, _ configuration: GatewayConfiguration,
        _ logger: Logger
    ) -> ServiceGroupConfiguration {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let ending = ServiceConfiguration(
            service: stop, successTerminationBehavior: .gracefullyShutdownGroup)
        var all = ServiceGroupConfiguration(
            services: [ending] + parts.map { ServiceConfiguration(service: $0) }, logger: quiet)
        all.maximumGracefulShutdownDuration = configuration.drainTimeout
        return all
    }
}
