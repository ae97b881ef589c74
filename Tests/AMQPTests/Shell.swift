import AMQP
import Bytes
import Testing

/// A frame of a connection, taken apart.
struct Frame {
    let channel: UInt16
    let performative: Performative
    let payload: [UInt8]

    init(_ channel: UInt16, _ performative: Performative, _ payload: [UInt8]) {
        self.channel = channel
        self.performative = performative
        self.payload = payload
    }
}

/// What a shell does around one end of a connection, in memory: it keeps what is left of the input,
/// and notes events.
struct Shell {
    var engine: ConnectionEngine
    var unread: [UInt8] = []
    var events: [ConnectionEvent] = []
    var messages: [(Delivery, [UInt8])] = []
    /// Answers SASL and attachments the way a friendly server does.
    var isFriendly = true
    var creditPerLink: UInt32 = 100

    init(_ role: ConnectionEngine.Role, _ configuration: EngineConfiguration) {
        engine = ConnectionEngine(role, configuration)
    }

    /// Takes bytes of the peer, in pieces of this size.
    mutating func receive(_ bytes: [UInt8], pieces: Int = .max) {
        var rest = bytes[...]
        repeat {
            let piece = rest.prefix(pieces)
            rest = rest.dropFirst(piece.count)
            unread += piece
            drainInput()
        } while !rest.isEmpty
    }

    private mutating func drainInput() {
        let input = unread
        let span = input.rawSpan
        var position = 0
        while let event = engine.next(in: span, at: &position) {
            if case .delivery(let delivery) = event {
                messages.append((delivery, [UInt8](copying: delivery.message(in: span))))
            }
            events.append(event)
            if isFriendly { answer(event) }
        }
        unread.removeFirst(position)
    }

    private mutating func answer(_ event: ConnectionEvent) {
        switch event {
        case .authenticate: engine.answer(.ok)
        case .attached(let link, let attach):
            engine.accept(link, LinkTerms(answering: attach))
            if attach.role == .sender { engine.grant(credit: creditPerLink, on: link) }
        default: break
        }
    }

    /// The frames of an output, apart.
    static func frames(_ bytes: [UInt8]) throws -> [Frame] {
        var frames: [Frame] = []
        var rest = bytes
        while let header = try FrameHeader(firstIn: rest.rawSpan, limit: .max) {
            let body = Array(rest[header.bodyOffset..<header.frameByteCount])
            rest = Array(rest[header.frameByteCount...])
            if body.isEmpty { continue }
            let (performative, count) = try AMQPTests.performative(body).get()
            frames.append(Frame(header.channel, performative, Array(body[count...])))
        }
        return frames
    }

    var links: [LinkID] {
        events.compactMap { if case .attached(let link, _) = $0 { link } else { nil } }
    }

    var detachments: [(LinkID, AMQPError?)] {
        events.compactMap {
            if case .detached(let link, let error) = $0 { (link, error) } else { nil }
        }
    }

    var ends: [AMQPError?] {
        events.compactMap { if case .ended(_, let error) = $0 { .some(error) } else { nil } }
    }

    var closings: [AMQPError?] {
        events.compactMap { if case .closed(let error) = $0 { .some(error) } else { nil } }
    }

    var outcomes: [Outcome] {
        events.compactMap { if case .outcome(let outcome) = $0 { outcome } else { nil } }
    }
}

/// A client and a server that talk to each other.
struct Pair {
    var client: Shell
    var server: Shell
    /// In what pieces bytes arrive.
    var pieces = Int.max

    init(
        client change: (inout EngineConfiguration) -> Void = { _ in },
        server changeServer: (inout EngineConfiguration) -> Void = { _ in }
    ) {
        var client = EngineConfiguration(containerID: "client")
        client.credentials = SASLInit(mechanism: "ANONYMOUS", initialResponse: [])
        change(&client)
        var server = EngineConfiguration(containerID: "server")
        changeServer(&server)
        self.client = Shell(.client, client)
        self.client.isFriendly = false
        self.server = Shell(.server, server)
        self.client.engine.start()
    }

    /// Carries bytes until both ends are silent.
    mutating func talk() {
        var isSilent = false
        while !isSilent {
            let question = client.engine.takeOutput()
            server.receive(question, pieces: pieces)
            let answer = server.engine.takeOutput()
            client.receive(answer, pieces: pieces)
            isSilent = question.isEmpty && answer.isEmpty
        }
    }

    /// Opens the connection and a session with one link.
    mutating func openLink(_ role: LinkRole, name: String = "link") throws -> LinkID {
        talk()
        let begun = client.engine.begin()
        let session = try #require(begun)
        var attach = Attach(name: name, handle: 0, role: role)
        attach.source = Source(address: "from")
        attach.target = Target(address: "to")
        let link = client.engine.attach(attach, to: session)
        talk()
        return try #require(link)
    }
}
