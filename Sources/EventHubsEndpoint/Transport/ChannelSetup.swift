internal import Access
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
internal import NIOWebSocket

/// Builds the pipeline of an accepted connection, for one listener.
///
///     [TLS] ──▶ [HTTP ──▶ WebSocket] ──▶ ConnectionHandler
struct ChannelSetup: Sendable {
    let parts: EndpointParts
    let connections: ConnectionSet
    private let tls: NIOSSLContext?
    private let isWebSocket: Bool
    private let certificateRule: AccessRule?

    init(
        _ parts: EndpointParts, _ connections: ConnectionSet,
        _ listener: EventHubsConfiguration.Listener
    ) throws(EndpointError) {
        self.parts = parts
        self.connections = connections
        let files: EventHubsConfiguration.TLSFiles?
        switch listener.transport {
        case .plain: (files, isWebSocket) = (nil, false)
        case .tls(let given): (files, isWebSocket) = (given, false)
        case .webSocket(let given): (files, isWebSocket) = (given, true)
        }
        tls = try files?.makeContext()
        certificateRule = try Self.rule(files, parts.access)
    }

    /// Only a listener that insists on clients' certificates lets them stand for a rule.
    private static func rule(
        _ files: EventHubsConfiguration.TLSFiles?, _ access: AccessRules
    ) throws(EndpointError) -> AccessRule? {
        guard files?.clientAuthority != nil, let name = files?.clientRule else { return nil }
        guard let rule = access.rules.first(where: { $0.name == name }) else {
            throw .unknownRule(name)
        }
        return rule
    }

    func initialize(_ channel: any Channel) -> EventLoopFuture<Void> {
        guard connections.add(channel) else {
            return channel.eventLoop.makeFailedFuture(ChannelError.alreadyClosed)
        }
        return channel.eventLoop.makeCompletedFuture {
            if let tls {
                try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
            }
        }.flatMap {
            isWebSocket ? addWebSocket(to: channel) : addConnection(to: channel)
        }
    }

    private func addConnection(to channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            let connection = HubConnection(
                parts, channel.eventLoop, certificateRule: certificateRule)
            try channel.pipeline.syncOperations.addHandler(ConnectionHandler(connection))
        }
    }

    private func addWebSocket(to channel: any Channel) -> EventLoopFuture<Void> {
        // Who asks for nothing in time is let go; a connection has its own clock.
        let timeout = channel.eventLoop.scheduleTask(in: WebSocketUpgrade.timeout) {
            channel.close(promise: nil)
        }
        let upgrader = WebSocketUpgrade.upgrader { upgraded in
            timeout.cancel()
            // From here on the connection says when it can take more.
            return upgraded.setOption(.autoRead, value: false).flatMap {
                addConnection(to: upgraded)
            }
        }
        return channel.eventLoop.makeCompletedFuture {
            let fallback = NotAWebSocket()
            let bound = NIOLoopBound(fallback, eventLoop: channel.eventLoop)
            try channel.pipeline.syncOperations.configureHTTPServerPipeline(
                withServerUpgrade: (
                    upgraders: [upgrader],
                    completionHandler: { context in
                        context.pipeline.syncOperations.removeHandler(
                            bound.value, promise: nil)
                    }
                ))
            try channel.pipeline.syncOperations.addHandler(fallback)
        }.flatMap { channel.setOption(.autoRead, value: true) }
    }
}
