internal import ArgumentParser
internal import Gateway
internal import Glibc
internal import Logging
internal import StreamModel

/// `millrace demo`: telemetry through a gateway into a table, without anything else.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Send simulated or real telemetry through a gateway into a Delta table.",
        discussion: """
            Runs a gateway on a store of its own, appends the events, and stops the gateway \
            gracefully, so that everything is in the table at the end. The simulated devices do \
            the same for the same seed. With --print their readings are printed instead.
            """)

    @Option(help: "How many simulated readings.")
    var events = 100_000

    @Option(help: "What the simulation follows from.")
    var seed: UInt64 = 1

    @Option(help: "A file with one JSON object a line, in place of the simulation.")
    var file: String?

    @Option(help: "The stream, and the table.", transform: { try checked($0) })
    var stream: StreamName?

    @Option(help: "The directory of the demo's store.")
    var data = "./millrace-demo"

    @Flag(help: "Print the readings, one a line, and do nothing else.")
    var print = false

    func validate() throws {
        guard events >= 0 else { throw ValidationError("--events is not negative.") }
        guard file == nil || !print else {
            throw ValidationError("--print is for simulated readings.")
        }
    }

    func run() async throws {
        let readings = DemoTelemetry(seed: seed, count: events)
        guard !print else { return try printAll(readings) }
        do {
            try await fill(with: readings)
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure("\(error)")
        }
    }

    private func printAll(_ readings: DemoTelemetry) throws {
        var output = Output()
        for reading in readings { try output.write(Array(reading.utf8) + [UInt8(ascii: "\n")]) }
        try output.flush()
    }

    private func fill(with readings: DemoTelemetry) async throws {
        let name = try stream ?? StreamName("telemetry")
        let configuration = try GatewayConfiguration(
            file: nil, flags: ["data": data, "listen.amqp": "off", "listen.http": "off"])
        let stop = StopSwitch()
        let signals = StopSignals(for: stop) {}
        defer { withExtendedLifetime(signals) {} }
        let handler = LineLogHandler(level: .warning, format: .text)
        let gateway = try await Gateway.open(
            configuration, metrics: Gateway.metrics(),
            logger: Logger(label: "demo") { _ in handler },
            stop: stop)
        async let running: Void = gateway.run()
        let result = await filled(gateway, name, readings)
        stop.stop()
        try await running
        let count = try result.get()
        complain("\(count) events are durable in '\(name)', and in the table")
        try say(
            """
            \(configuration.tables.path(of: name))
            """, json: false
        ) { _ in }
    }

    private func filled(
        _ gateway: Gateway, _ name: StreamName, _ readings: DemoTelemetry
    ) async -> Result<Int, any Error> {
        var progress = ProgressLine()
        do {
            let next = try source(readings)
            let count = try await gateway.append(
                to: name, progress: { progress.show($0, "events") }, next: { try next() })
            progress.end()
            return .success(count)
        } catch {
            return .failure(error)
        }
    }

    /// The bodies of the events, one after the other.
    private func source(_ readings: DemoTelemetry) throws -> () throws -> [UInt8]? {
        guard let file else {
            var readings = readings
            return { readings.next().map { Array($0.utf8) } }
        }
        let descriptor = unsafe open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CommandFailure("cannot read \(file)") }
        var reader = LineReader(descriptor)
        return {
            while true {
                switch try reader.next() {
                case .line(let range) where !range.isEmpty: return Array(reader.buffer[range])
                case .line, .pause: continue
                case .end: return nil
                }
            }
        }
    }
}
