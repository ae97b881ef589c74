internal import ArgumentParser
internal import Gateway
internal import HTTPEndpoint
internal import Logging
internal import Metrics
internal import StreamLog

/// `millrace serve`: the gateway.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run the gateway.",
        discussion: """
            Works without any configuration: listens on loopback, makes a hub when somebody first \
            sends to it, and writes each to a Delta table below DATA/tables.

            SIGTERM or SIGINT stops it gracefully: what has arrived is answered and committed. The \
            second one stops it at once, and nothing that was acknowledged is lost by it.
            """)

    @OptionGroup var gateway: GatewayOptions

    @Option(
        help: """
            Where to listen, as LISTENER=ADDRESS; may be given several times. LISTENER is amqp, \
            amqps, websocket or http; without one it is amqp. ADDRESS is HOST:PORT, or off.
            """)
    var listen: [String] = []

    @Option(help: "trace, debug, info, notice, warning or error.")
    var logLevel: String?

    @Option(help: "text or json.")
    var logFormat: String?

    func run() async throws {
        let configuration = try gateway.configuration(flags: flags())
        let stop = StopSwitch()
        let signals = StopSignals(for: stop) { complain("stopped at once") }
        defer { withExtendedLifetime(signals) {} }
        let handler = LineLogHandler(
            level: Logger.Level(rawValue: configuration.logLevel) ?? .info,
            format: configuration.logFormat)
        let logger = Logger(label: "millrace") { _ in handler }
        let metrics = Gateway.metrics()
        MetricsSystem.bootstrap(metrics)
        do {
            let gateway = try await Gateway.open(
                configuration, metrics: metrics, logger: logger, stop: stop)
            try await gateway.run()
        } catch OpenError.storage(let fault) where fault.isShortage {
            throw CommandFailure("\(fault): give this process more memory or descriptors")
        } catch OpenError.storage(let fault) {
            throw CommandFailure(
                "\(fault): --data names a directory that this user can write to, on a local disk")
        } catch {
            throw CommandFailure("\(error)")
        }
        logger.info("stopped")
    }

    /// Has to be asked before anything needs a thread: without memory for it Dispatch waits for
    /// ever.
    static func requireAddresses() throws(CommandFailure) {
        do throws(GatewayError) {
            try ProcessLimit.requireAddresses()
        } catch {
            throw CommandFailure(error)
        }
    }

    private func flags() throws -> [String: String] {
        var flags: [String: String] = [:]
        flags["log.level"] = logLevel
        flags["log.format"] = logFormat
        for text in listen {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            let name = parts.count == 2 ? parts[0] : "amqp"
            guard ["amqp", "amqps", "websocket", "http"].contains(name), let address = parts.last
            else {
                throw ValidationError(
                    "--listen \(text): LISTENER is amqp, amqps, websocket or http.")
            }
            flags["listen.\(name)"] = address
        }
        return flags
    }
}
