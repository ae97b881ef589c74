internal import AMQP
internal import Access
internal import Bytes
internal import Logging
internal import NIOCore
internal import StreamLog
internal import StreamModel

/// What all connections of an endpoint share.
struct EndpointParts: Sendable {
    let hubs: HubDirectory
    let access: AccessRules
    let configuration: EventHubsConfiguration
    let budget: IngestBudget
    let clock: any LogClock
    let logger: Logger
    let metrics = EndpointMetrics()

    var log: StreamLog { hubs.log }
    /// Milliseconds since 1970.
    var now: Int64 { clock.read().wall }
    /// Seconds since 1970.
    var seconds: Int64 { now / 1000 }
}

/// One connection: what its peer's frames mean for hubs. It lives on one event loop.
///
///     ConnectionHandler ──bytes──▶ received ──▶ engine ──▶ attach, deliver, flow ...
///          ▲                                                      │
///          └── frames ◀── engine ◀── dispositions, events ◀── log ┘
final class HubConnection {
    let parts: EndpointParts
    let loop: any EventLoop
    /// Sends what the engine has written. Set by the handler.
    var flush: () -> Void = {}
    var engine: ConnectionEngine
    var links: [LinkID: LinkUse] = [:]
    /// What tokens of this connection allow, by what they were put for.
    var grants: [ResourcePath: Grant] = [:]
    /// What the SASL layer allowed, if it did.
    var saslGrant: Grant?
    /// Set when the peer showed a certificate that the listener's authority signed.
    let certificateRule: AccessRule?
    /// Messages of this read that go to the log together, by partition.
    var staged: [PartitionID: StagedBatch] = [:]
    /// What waits for the log, in bytes.
    var inFlightByteCount = 0
    /// Links that may have something to send.
    var ready: [LinkID] = []
    var isOver = false
    private var serial: UInt64

    /// More tokens than this are of no use to any SDK.
    static let grantCountMax = 256
    static let requestCredit: UInt32 = 100
    /// No token is that long; and whoever sends one has shown nothing yet.
    static let requestByteCountMax: UInt64 = 64 << 10

    init(_ parts: EndpointParts, _ loop: any EventLoop, certificateRule: AccessRule?) {
        self.parts = parts
        self.loop = loop
        self.certificateRule = certificateRule
        serial = parts.hubs.newID()
        parts.metrics.countConnection()
        var configuration = EngineConfiguration(
            containerID: "\(parts.log.storeID)_G\(serial)")
        configuration.mechanisms = ["MSSBCBS", "PLAIN", "ANONYMOUS"]
        if certificateRule != nil { configuration.mechanisms.append("EXTERNAL") }
        configuration.messageByteCountMax = parts.configuration.messageByteCountMax
        configuration.requiresSASL = false
        engine = ConnectionEngine(.server, configuration)
    }

    // MARK: Input

    /// Takes whole frames from the front of `input`, and returns how many bytes they were.
    func received(_ input: RawSpan) -> Int {
        var position = 0
        while !isOver, let event = engine.next(in: input, at: &position) {
            handle(event, input)
        }
        return position
    }

    /// Called when all bytes that had come have been taken.
    func readCompleted() {
        commitStaged()
        pump()
    }

    private func handle(_ event: ConnectionEvent, _ input: RawSpan) {
        switch event {
        case .authenticate(let start): engine.answer(authenticate(start))
        case .opened: break
        case .attached(let link, let attach): attached(link, attach)
        case .delivery(let delivery): delivered(delivery, delivery.message(in: input))
        case .sendable(let link): sendable(link)
        case .outcome, .ended: break
        case .detached(let link, _): forget(link)
        case .closed(let error): closed(error)
        }
    }

    private func authenticate(_ start: SASLInit) -> SASLCode {
        switch start.mechanism {
        case "ANONYMOUS", "MSSBCBS": return .ok
        case "PLAIN":
            guard let credentials = PlainCredentials(start.initialResponse ?? []),
                let grant = try? parts.access.grant(
                    forRule: credentials.user, key: credentials.password)
            else { return .auth }
            saslGrant = grant
            return .ok
        case "EXTERNAL":
            guard let rule = certificateRule else { return .auth }
            saslGrant = Grant(of: rule)
            return .ok
        default: return .auth
        }
    }

    // MARK: Rights

    /// Whether the peer may do this here, now.
    func mayDo(_ claim: Claim, _ path: ResourcePath) -> Bool {
        let now = parts.seconds
        if saslGrant?.allows(claim, on: path, now: now) ?? false { return true }
        return grants.values.contains { $0.allows(claim, on: path, now: now) }
    }

    /// Ends the links whose tokens have expired.
    func checkRights() {
        for (link, use) in links {
            switch use {
            case .sender(let sender) where !mayDo(.send, sender.path):
                detach(link, Condition.unauthorized(.send, sender.address))
            case .receiver(let receiver) where !mayDo(.listen, receiver.path):
                detach(link, Condition.unauthorized(.listen, receiver.address))
            default: break
            }
        }
    }

    // MARK: Endings

    /// Looks at the clocks; called about once a second.
    func tick(at uptime: Duration) {
        checkRights()
        engine.tick(at: uptime)
        _ = received(RawSpan())
        pump()
    }

    /// Tells the peer that the endpoint stops.
    func shutDown() {
        commitStaged()
        engine.close(
            traced(AMQPError(.connectionForced, "The gateway is shutting down; connect again.")))
        flush()
    }

    /// The stream is gone: whatever the links held is given back.
    func over() {
        isOver = true
        for link in links.keys { forget(link) }
        staged = [:]
    }

    private func closed(_ error: AMQPError?) {
        if let error {
            parts.logger.debug("amqp connection closed", metadata: ["error": "\(error)"])
        }
        commitStaged()
        over()
    }

    /// Ends a link with an error.
    func detach(_ link: LinkID, _ error: AMQPError) {
        engine.detach(link, error: traced(error))
        forget(link)
        flush()
    }

    /// Lets go of what a link held.
    func forget(_ link: LinkID) {
        guard let use = links.removeValue(forKey: link) else { return }
        switch use {
        case .resolving, .requests, .answers: break
        case .sender(let sender):
            guard let producer = sender.producer, let partition = sender.partition else { return }
            parts.hubs.release(producer.id, partition, link: producer.link)
        case .receiver(let receiver):
            if let ticket = receiver.ticket { parts.log.cancel(ticket) }
            parts.hubs.leave(receiver.registration, receiver.key)
        }
    }

    /// The error with what lets people find it: every SDK shows the description.
    func traced(_ error: AMQPError) -> AMQPError {
        var error = error
        let tracking = "\(parts.log.storeID)_G\(serial)"
        error.description =
            "\(error.description ?? "") TrackingId:\(tracking), SystemTracker:millrace, "
            + "Timestamp:\(Timestamp(milliseconds: parts.now))"
        error.info = AMQPMap(symbols: ["tracking-id": .string(tracking)])
        return error
    }

    /// Does something on the loop, unless the connection is over by then.
    func later() -> @Sendable (@escaping @Sendable (HubConnection) -> Void) -> Void {
        let bound = NIOLoopBound(self, eventLoop: loop)
        let loop = loop
        return { work in
            loop.execute {
                guard !bound.value.isOver else { return }
                work(bound.value)
                bound.value.flush()
            }
        }
    }
}
