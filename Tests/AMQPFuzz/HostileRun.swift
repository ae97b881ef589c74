package import AMQP
internal import Bytes
internal import TestKit

/// One end of a connection against one stream of bytes, with a shell that does all a shell can do.
package struct HostileRun {
    /// What went wrong here, not at the peer.
    package enum Failure: Error {
        /// Bytes that this end sends and nobody could read.
        case badOutput(String)
        /// More output than any input asks for.
        case tooMuchOutput(Int)
    }

    private var engine: ConnectionEngine
    private var generator: SeededGenerator
    private let role: ConnectionEngine.Role
    private var deliveries: [DeliveryID] = []
    private var links: [LinkID] = []
    /// How many messages came whole.
    package private(set) var messageCount = 0
    /// How many bytes were sent.
    package private(set) var outputByteCount = 0
    /// What the connection was closed with, if this end or the peer had a reason.
    package private(set) var condition: Symbol?

    /// An end that follows from the seed.
    package init(_ role: ConnectionEngine.Role, seed: UInt64) {
        var configuration = EngineConfiguration(containerID: "victim")
        configuration.credentials = SASLInit(mechanism: "ANONYMOUS", initialResponse: [])
        configuration.messageByteCountMax = 20_000
        configuration.incomingWindow = 8
        engine = ConnectionEngine(role, configuration)
        generator = SeededGenerator(seed: seed ^ 0xA5A5)
        self.role = role
        if role == .client { engine.start() }
    }

    /// Feeds the stream in pieces, and does something after each of them.
    package mutating func run(_ bytes: [UInt8]) throws(Failure) {
        var unread: [UInt8] = []
        var rest = bytes[...]
        var now = 0
        var hasAnsweredHeader = role == .server
        while !rest.isEmpty {
            let piece = rest.prefix(below(4) == 0 ? 1 + below(20) : 1 + below(4000))
            rest = rest.dropFirst(piece.count)
            unread += piece
            take(&unread)
            act()
            now += below(40)
            engine.tick(at: .seconds(now))
            take(&unread)
            try check(engine.takeOutput(), skipsHeaders: &hasAnsweredHeader)
        }
    }

    private mutating func take(_ unread: inout [UInt8]) {
        let input = unread
        var position = 0
        while let event = engine.next(in: input.rawSpan, at: &position) {
            take(event, input)
        }
        unread.removeFirst(position)
    }

    private mutating func take(_ event: ConnectionEvent, _ input: [UInt8]) {
        switch event {
        case .authenticate: engine.answer(.ok)
        case .opened:
            guard role == .client, let session = engine.begin() else { return }
            var attach = Attach(name: "link", handle: 0, role: .sender)
            attach.target = Target(address: "hub")
            if let link = engine.attach(attach, to: session) { links.append(link) }
            attach.role = .receiver
            if let link = engine.attach(attach, to: session) { links.append(link) }
        case .attached(let link, let attach):
            links.append(link)
            switch below(8) {
            case 0: engine.refuse(link, AMQPError(.notFound, "no"))
            case 1: break
            default: engine.accept(link, LinkTerms(answering: attach))
            }
            engine.grant(credit: below(10) == 0 ? 0 : 50, on: link)
        case .delivery(let delivery): take(delivery, input)
        case .sendable(let link): send(on: link)
        case .closed(let error): condition = error?.condition
        case .outcome, .detached, .ended: break
        }
    }

    private mutating func take(_ delivery: Delivery, _ input: [UInt8]) {
        messageCount += 1
        deliveries.append(delivery.id)
        let bytes = input.rawSpan
        let message = delivery.message(in: bytes)
        // All that anyone does with a message: neither may trap.
        _ = try? MessageIndex(of: message)
        _ = try? AMQPMessage(message)
    }

    private mutating func act() {
        for _ in 0..<below(3) {
            if let link = links.randomElement(using: &generator) {
                switch below(12) {
                case 0: engine.detach(link, error: AMQPError(.detachForced, "enough"))
                case 1, 2: engine.grant(credit: UInt32(below(20)), on: link)
                case 3: engine.finishDraining(link)
                default: send(on: link)
                }
            }
            if let delivery = deliveries.popLast() {
                engine.settle(delivery, below(4) == 0 ? .rejected(nil) : .accepted)
            }
        }
        if deliveries.count > 100 { deliveries = [] }
        if links.count > 100 { links.removeFirst(50) }
        if below(200) == 0 { engine.close(AMQPError(.connectionForced, "bye")) }
    }

    private mutating func send(on link: LinkID) {
        let byteCount = below(6) == 0 ? below(5_000) : below(100)
        let bytes = generator.bytes(byteCount)
        engine.send(on: link, isSettled: below(2) == 0) { $0.bytes.append(bytes) }
    }

    private mutating func below(_ bound: Int) -> Int {
        Int.random(in: 0..<bound, using: &generator)
    }

    // MARK: Output

    /// What this end sends has to be frames, each of which can be read.
    private mutating func check(
        _ output: [UInt8], skipsHeaders: inout Bool
    ) throws(Failure) {
        outputByteCount += output.count
        guard outputByteCount < 16 * 1_048_576 else { throw .tooMuchOutput(outputByteCount) }
        var rest = output
        while !rest.isEmpty {
            if rest.starts(with: [0x41, 0x4D, 0x51, 0x50]) {
                rest.removeFirst(8)
                continue
            }
            rest.removeFirst(try checkedFrame(rest))
        }
    }

    private func checkedFrame(_ bytes: [UInt8]) throws(Failure) -> Int {
        do {
            guard let header = try FrameHeader(firstIn: bytes.rawSpan, limit: 65_536),
                header.frameByteCount <= bytes.count
            else { throw Failure.badOutput("an incomplete frame") }
            let body = Array(bytes[header.bodyOffset..<header.frameByteCount])
            if header.kind == .amqp, !body.isEmpty {
                let span = body.rawSpan
                var reader = ValueReader(span)
                _ = try Performative(&reader)
            }
            return header.frameByteCount
        } catch {
            throw .badOutput("\(error)")
        }
    }
}
