package import Access
internal import EventModel
internal import Glibc
internal import Hummingbird
internal import HummingbirdCore
package import Logging
internal import Metrics
internal import NIOCore
internal import ServiceLifecycle
package import StreamLog
internal import Synchronization

/// Health, metrics and the REST send API of Event Hubs, at one address.
///
///     GET  /healthz  /readyz  /metrics
///     POST /{hub}/messages   /{hub}/partitions/{id}/messages   /{hub}/publishers/{name}/messages
///
/// Sending needs a token that a rule's key has signed; the rest is for whoever can connect. A
/// graceful stop accepts nothing more and answers what is in hand.
package struct HTTPEndpoint: Service {
    private let send: RestSend
    private let metrics: MetricRegistry
    private let configuration: HTTPConfiguration
    private let health: @Sendable () -> [HealthReport]
    private let logger: Logger
    private let onReady: @Sendable (Int) -> Void
    private let load = Load()

    /// An endpoint that listens once it runs; `onReady` is told the port.
    package init(
        _ log: StreamLog, access: AccessRules, metrics: MetricRegistry,
        configuration: HTTPConfiguration, logger: Logger,
        health: @escaping @Sendable () -> [HealthReport],
        onReady: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        send = RestSend(log: log, access: access, configuration: configuration, turn: .init())
        self.metrics = metrics
        self.configuration = configuration
        self.health = health
        self.logger = logger
        self.onReady = onReady
    }

    /// Listens until the service is stopped. Throws when the address cannot be had.
    package func run() async throws {
        let application = Application(
            router: router(),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port),
                availableConnectionsDelegate: MaximumAvailableConnections(
                    configuration.connectionCountMax)),
            onServerRunning: { [onReady] channel in
                onReady(channel.localAddress?.port ?? 0)
            }, logger: quiet(logger))
        do {
            try await application.run()
        } catch let error as IOError {
            let address = "\(configuration.host):\(configuration.port)"
            let isTaken = error.errnoCode == EADDRINUSE
            throw ListenError(
                address: address, reason: isTaken ? "it is in use already" : "\(error)")
        }
    }

    /// WHY: Hummingbird tells at `info` that it starts, which the gateway says in its own words.
    private func quiet(_ logger: Logger) -> Logger {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .notice)
        return quiet
    }

    private func router() -> Router<BasicRequestContext> {
        let router = Router()
        router.get("healthz") { _, _ in answer(health().filter(\.isLost)) }
        router.get("readyz") { _, _ in answer(health().filter { !$0.isReady }) }
        router.get("metrics") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: .init(byteBuffer: ByteBuffer(string: metrics.text())))
        }
        router.post(":hub/messages") { request, context in
            await receive(request, try target(context))
        }
        router.post(":hub/partitions/:partition/messages") { request, context in
            await receive(request, try target(context))
        }
        router.post(":hub/publishers/:publisher/messages") { request, context in
            await receive(request, try target(context))
        }
        return router
    }

    private func target(_ context: BasicRequestContext) throws -> RestSend.Target {
        RestSend.Target(
            hub: try context.parameters.require("hub"),
            partition: context.parameters.get("partition"))
    }

    /// 200 when nothing is wrong, and otherwise 503 with a line for each part that is.
    private func answer(_ wrong: [HealthReport]) -> Response {
        let text = wrong.map { "\($0.name): \($0.text)\n" }.joined()
        return Response(
            status: wrong.isEmpty ? .ok : .serviceUnavailable,
            headers: [.contentType: "text/plain; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: wrong.isEmpty ? "ok\n" : text)))
    }

    // MARK: Sending

    private func receive(_ request: Request, _ target: RestSend.Target) async -> Response {
        let clock = ContinuousClock()
        let start = clock.now
        do throws(RestError) {
            try send.authorize(request.headers[.authorization], for: target)
            guard load.enter(max: configuration.requestCountMax) else { throw .busy }
            defer { load.leave() }
            let events = try await events(in: request)
            try await send.send(events, to: target)
            note(events, target, clock.now - start)
            return Response(
                status: .created, headers: [.contentType: "application/xml; charset=utf-8"])
        } catch {
            Counter(
                label: "millrace_http_refused_requests_total",
                dimensions: [("status", "\(error.status)")], factory: metrics
            ).increment()
            logger.debug(
                "a request to send was refused",
                metadata: ["hub": "\(target.hub)", "reason": "\(error.text)"])
            return refusal(error)
        }
    }

    private func events(in request: Request) async throws(RestError) -> [EventDraft] {
        var request = request
        guard let body = try? await request.collectBody(upTo: configuration.byteCountMax) else {
            throw .tooLarge(limit: configuration.byteCountMax)
        }
        let bytes = Array(body.readableBytesView)
        let type = request.headers[.contentType]?.prefix { $0 != ";" }.lowercased()
        if type == RestEvent.batchType { return try RestEvent.batch(bytes) }
        let headers = request.headers.map { (name: $0.name.rawName, value: $0.value) }
        let broker = headers.first { $0.name.lowercased() == "brokerproperties" }?.value
        return [try RestEvent.single(body: bytes, brokerProperties: broker, headers: headers)]
    }

    private func note(_ events: [EventDraft], _ target: RestSend.Target, _ took: Duration) {
        let stream = [("stream", target.hub), ("endpoint", "http")]
        Counter(label: "millrace_received_events_total", dimensions: stream, factory: metrics)
            .increment(by: events.count)
        Counter(label: "millrace_received_bytes_total", dimensions: stream, factory: metrics)
            .increment(by: events.reduce(0) { $0 + $1.body.count })
        Timer(label: "millrace_http_send_seconds", dimensions: [], factory: metrics)
            .recordNanoseconds(
                took.components.seconds * 1_000_000_000
                    + took.components.attoseconds / 1_000_000_000)
    }

    private func refusal(_ error: RestError) -> Response {
        let text = error.text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
        var response = Response(
            status: .init(code: error.status),
            headers: [.contentType: "application/xml; charset=utf-8"],
            body: .init(
                byteBuffer: ByteBuffer(
                    string: "<Error><Code>\(error.status)</Code><Detail>\(text)</Detail></Error>")))
        if let seconds = error.retryAfter { response.headers[.retryAfter] = String(seconds) }
        return response
    }
}

/// How many requests are in hand.
private final class Load: Sendable {
    private let count = Mutex(0)

    func enter(max: Int) -> Bool {
        count.withLock { count in
            guard count < max else { return false }
            count += 1
            return true
        }
    }

    func leave() { count.withLock { $0 -= 1 } }
}
