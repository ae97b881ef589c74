package import Access
internal import Glibc
package import Logging
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle
package import StreamLog
internal import Synchronization

/// Listens for clients of Azure Event Hubs, and is their event hub: streams of the log are hubs.
///
/// `run` opens the ports, and returns after a graceful shutdown: it stops accepting, lets what was
/// handed to the log be answered, and closes the connections, so that SDKs connect again elsewhere.
package struct EventHubsEndpoint: Service {
    private let parts: EndpointParts
    private let connections: ConnectionSet
    private let isReady: @Sendable ([Int]) -> Void

    /// An endpoint for a log. `isReady` is told the ports, in the order of the listeners, once all
    /// of them are open.
    package init(
        log: StreamLog, access: AccessRules, configuration: EventHubsConfiguration,
        clock: any LogClock = SystemClock(), logger: Logger,
        isReady: @escaping @Sendable ([Int]) -> Void = { _ in }
    ) {
        parts = EndpointParts(
            hubs: HubDirectory(log, configuration), access: access, configuration: configuration,
            budget: IngestBudget(capacity: configuration.totalInFlightByteCountMax), clock: clock,
            logger: logger)
        connections = ConnectionSet(limit: configuration.connectionCountMax)
        self.isReady = isReady
    }

    /// How many connections there are.
    package var connectionCount: Int { connections.count }

    /// Listens until a graceful shutdown. Throws `EndpointError` when a port or a file is not to be
    /// had; then nothing is open.
    package func run() async throws {
        let group = MultiThreadedEventLoopGroup(
            numberOfThreads: max(1, parts.configuration.threadCount))
        var listening: [any Channel] = []
        do {
            for listener in parts.configuration.listeners {
                listening.append(try await listen(at: listener, on: group))
            }
            isReady(listening.map { $0.localAddress?.port ?? 0 })
            // Cancelled, it throws; then everything ends the same way.
            try? await gracefulShutdown()
        } catch {
            for channel in listening { try? await channel.close() }
            try? await group.shutdownGracefully()
            throw error
        }
        for channel in listening { try? await channel.close() }
        await endConnections(on: group)
        try? await group.shutdownGracefully()
    }

    private func listen(
        at listener: EventHubsConfiguration.Listener, on group: MultiThreadedEventLoopGroup
    ) async throws -> any Channel {
        let setup = try ChannelSetup(parts, connections, listener)
        do {
            return try await ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 1024)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelOption(.autoRead, value: false)
                .childChannelOption(
                    .writeBufferWaterMark,
                    value: ChannelOptions.Types.WriteBufferWaterMark(
                        low: 64 << 10, high: 512 << 10)
                )
                .childChannelInitializer { setup.initialize($0) }
                .bind(host: listener.host, port: listener.port).get()
        } catch {
            let isTaken = (error as? IOError)?.errnoCode == EADDRINUSE
            throw EndpointError.bind(
                host: listener.host, port: listener.port,
                reason: isTaken ? "it is in use already" : "\(error)")
        }
    }

    /// Returns when all connections have ended, or their time is over.
    private func endConnections(on group: MultiThreadedEventLoopGroup) async {
        let loop = group.next()
        let done = loop.makePromise(of: Void.self)
        let once = Mutex(false)
        let finish: @Sendable () -> Void = {
            let isFirst = once.withLock { isDone in
                defer { isDone = true }
                return !isDone
            }
            if isFirst { done.succeed() }
        }
        connections.shutDown(finish)
        let limit = TimeAmount.milliseconds(parts.configuration.shutdownMilliseconds)
        let timeout = loop.scheduleTask(in: limit, finish)
        try? await done.futureResult.get()
        timeout.cancel()
        connections.closeAll()
    }
}
