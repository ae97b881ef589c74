internal import AMQP
package import Access
internal import Bytes
package import Logging
package import NIOCore
package import StreamLog

/// The endpoint without its sockets, threads and clocks: whoever holds it carries the bytes, turns
/// the clock and runs the loop. Everything that decides is the same as behind a port.
///
/// All calls, and the work of `loop`, have to come from one thread at a time.
package struct SocketlessEndpoint {
    private let parts: EndpointParts
    private let loop: any EventLoop

    /// An endpoint for a log. The log's answers come as work for `loop`.
    package init(
        log: StreamLog, access: AccessRules, configuration: EventHubsConfiguration,
        clock: any LogClock, logger: Logger, loop: any EventLoop
    ) {
        parts = EndpointParts(
            hubs: HubDirectory(log, configuration), access: access, configuration: configuration,
            budget: IngestBudget(capacity: configuration.totalInFlightByteCountMax), clock: clock,
            logger: logger)
        self.loop = loop
    }

    /// A client has connected.
    package func connect() -> SocketlessConnection {
        SocketlessConnection(HubConnection(parts, loop, certificateRule: nil))
    }
}

/// The endpoint's side of one connection.
package final class SocketlessConnection {
    private let connection: HubConnection
    /// What came and is not a whole frame yet.
    private var input: [UInt8] = []

    init(_ connection: HubConnection) { self.connection = connection }

    /// Bytes have come from the client.
    package func receive(_ bytes: [UInt8]) {
        input += bytes
        // WHY: the connection calls back while it looks at the bytes, so they are held here.
        let held = input
        input.removeFirst(connection.received(held.rawSpan))
        connection.readCompleted()
    }

    /// What goes to the client: frames, and events for as long as there are some it may have.
    package func takeOutput() -> [UInt8] {
        var output: [UInt8] = []
        var hasMore = true
        while hasMore {
            hasMore = connection.pump()
            output += connection.engine.takeOutput()
        }
        return output
    }

    /// Looks at the clocks; `uptime` never goes back.
    package func tick(at uptime: Duration) { connection.tick(at: uptime) }

    /// Whether the endpoint has ended the connection.
    package var isClosed: Bool { connection.engine.isClosed }

    /// The stream is gone, whatever was on its way.
    package func cut() { connection.over() }
}
