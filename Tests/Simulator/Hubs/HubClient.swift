import AMQP
import Access
import Bytes
import EventHubsEndpoint

/// A client of the endpoint with one connection: what an SDK does, on the client's half of the
/// protocol's state machine, with bytes that may stop coming at any of them.
final class HubClient {
    /// Who a client says it is.
    enum Identity: CaseIterable {
        /// It knows the key.
        case owner
        /// It shows a token that is right.
        case bearer
        /// Its password is wrong.
        case impostor
        /// Its token is signed with another key.
        case forger
        /// It shows nothing.
        case stranger

        /// Whether it may do anything at all.
        var isKnown: Bool { self == .owner || self == .bearer }
    }

    /// What one of its links is for.
    enum Use {
        case tokens
        case sender(HubSender)
        case receiver(HubReceiver)
    }

    let number: Int
    let identity: Identity
    var engine: ConnectionEngine
    let server: SocketlessConnection
    private(set) var session: SessionID?
    private var unread: [UInt8] = []
    private(set) var uses: [(link: LinkID, use: Use)] = []
    /// So many bytes still get through, either way; nil for all.
    var bytesLeft: Int?
    private(set) var isOver = false
    var onEvent: (HubClient, ConnectionEvent, RawSpan) throws(Violation) -> Void = {
        _, _, _ throws(Violation) in
    }

    init(_ number: Int, _ identity: Identity, _ server: SocketlessConnection) {
        self.number = number
        self.identity = identity
        self.server = server
        var configuration = EngineConfiguration(containerID: "client-\(number)")
        configuration.credentials = identity.credentials
        engine = ConnectionEngine(.client, configuration)
        engine.start()
    }

    // MARK: Bytes

    /// Carries what both ends have to say; false when they are silent.
    func exchange() throws(Violation) -> Bool {
        guard !isOver else { return false }
        let question = carried(engine.takeOutput())
        if !question.isEmpty { server.receive(question) }
        if bytesLeft == 0 { return cut() }
        let answer = carried(server.takeOutput())
        if !answer.isEmpty { try receive(answer) }
        if bytesLeft == 0 || server.isClosed { return cut() }
        return !question.isEmpty || !answer.isEmpty
    }

    private func carried(_ bytes: [UInt8]) -> [UInt8] {
        guard let left = bytesLeft else { return bytes }
        bytesLeft = max(0, left - bytes.count)
        return Array(bytes.prefix(left))
    }

    private func receive(_ bytes: [UInt8]) throws(Violation) {
        unread += bytes
        let input = unread
        let span = input.rawSpan
        var position = 0
        while let event = engine.next(in: span, at: &position) { try onEvent(self, event, span) }
        unread.removeFirst(position)
    }

    /// The stream is gone, with whatever was on its way.
    @discardableResult
    func cut() -> Bool {
        if !isOver { server.cut() }
        isOver = true
        uses = []
        return true
    }

    // MARK: Links

    /// Begins the session that all its links are on.
    func beginSession() { session = engine.begin() }

    /// Attaches a link; false when the connection cannot.
    func attach(_ attach: Attach, _ use: Use) -> Bool {
        guard !isOver, let session, let link = engine.attach(attach, to: session) else {
            return false
        }
        uses.append((link, use))
        return true
    }

    func use(of link: LinkID) -> Use? { uses.first { $0.link == link }?.use }

    func forget(_ link: LinkID) { uses.removeAll { $0.link == link } }

    /// Its senders that may send now.
    var senders: [(link: LinkID, sender: HubSender)] {
        uses.compactMap { link, use in
            guard case .sender(let sender) = use, engine.sendCapacity(of: link) > 0 else {
                return nil
            }
            return (link, sender)
        }
    }

    /// Its receivers that the endpoint has accepted.
    var receivers: [(link: LinkID, receiver: HubReceiver)] {
        uses.compactMap { link, use in
            guard case .receiver(let receiver) = use, receiver.isAttached else { return nil }
            return (link, receiver)
        }
    }
}

extension HubClient.Identity {
    /// What the SASL layer is told.
    fileprivate var credentials: SASLInit {
        switch self {
        case .owner, .impostor:
            let key = self == .owner ? SimulatedHubs.rule.primaryKey : "guessed"
            let credentials = "\0\(SimulatedHubs.rule.name)\0\(key)"
            return SASLInit(mechanism: "PLAIN", initialResponse: Array(credentials.utf8))
        case .bearer, .forger: return SASLInit(mechanism: "MSSBCBS", initialResponse: [])
        case .stranger: return SASLInit(mechanism: "ANONYMOUS", initialResponse: [])
        }
    }
}
