import AMQP
import Bytes
import Testing

@Suite("ConnectionEngine: settling")
struct SettlingTests {
    /// A server with two links of one session, over which messages came in turns.
    private func received(_ count: UInt32, from first: UInt32 = 0) -> Shell {
        var configuration = EngineConfiguration(containerID: "server")
        configuration.requiresSASL = false
        var server = Shell(.server, configuration)
        server.receive(ProtocolHeader.amqp.bytes)
        server.send(.open(Open(containerID: "peer")))
        server.send(.begin(Begin(nextOutgoingID: 0, incomingWindow: 9, outgoingWindow: 9)))
        for handle in 0...1 as ClosedRange<UInt32> {
            var attach = Attach(name: "\(handle)", handle: handle, role: .sender)
            attach.target = Target(address: "hub")
            server.send(.attach(attach))
        }
        for index in 0..<count {
            var transfer = Transfer(handle: index % 2)
            transfer.deliveryID = first &+ index
            server.send(.transfer(transfer), payload: [1])
        }
        _ = server.engine.takeOutput()
        return server
    }

    private func ranges(_ server: inout Shell) throws -> [ClosedRange<UInt32>] {
        try Shell.frames(server.engine.takeOutput()).map { frame in
            guard case .disposition(let told) = frame.performative, told.isSettled,
                told.state == .accepted, let last = told.last
            else { throw Unexpected() }
            return told.first...last
        }
    }

    @Test
    func `acceptances one after the other are told in one frame`() throws {
        var server = received(6)

        for (delivery, _) in server.messages { server.engine.settle(delivery.id, .accepted) }

        #expect(try ranges(&server) == [0...5])
        #expect(!server.engine.hasOutput)
    }

    @Test
    func `a range never holds a delivery that was not settled`() throws {
        var server = received(8)
        let ids = server.messages.map(\.0.id)

        for index in [0, 2, 3, 4, 7, 6] { server.engine.settle(ids[index], .accepted) }

        #expect(try ranges(&server) == [0...0, 2...4, 7...7, 6...6])
    }

    @Test
    func `a range does not go round`() throws {
        var server = received(4, from: .max - 1)

        for (delivery, _) in server.messages { server.engine.settle(delivery.id, .accepted) }

        #expect(try ranges(&server) == [(.max - 1)...(.max), 0...1])
    }

    @Test
    func `a stack that reads no ranges gets a frame for each`() throws {
        var server = received(3)

        for (delivery, _) in server.messages { server.engine.settleAlone(delivery.id, .accepted) }

        #expect(try ranges(&server) == [0...0, 1...1, 2...2])
    }

    @Test
    func `a rejection keeps its place among acceptances, with all fields of its error`() throws {
        var server = received(3)
        let ids = server.messages.map(\.0.id)

        server.engine.settle(ids[0], .accepted)
        server.engine.settle(ids[1], .rejected(AMQPError("com.microsoft:server-busy", "wait")))
        server.engine.settle(ids[2], .accepted)
        let output = server.engine.takeOutput()

        let states = try Shell.frames(output).map { frame -> DeliveryState? in
            guard case .disposition(let told) = frame.performative else { throw Unexpected() }
            return told.state
        }
        let busy = AMQPError("com.microsoft:server-busy", "wait")
        #expect(states == [.accepted, .rejected(busy), .accepted])
        #expect(hex(output).contains("00531dc0"))
    }

    @Test
    func `what is settled goes out before the link that it came over ends`() throws {
        var server = received(2)
        server.engine.settle(server.messages[0].0.id, .accepted)

        server.engine.detach(server.links[0], error: AMQPError(.linkStolen, "another"))
        let frames = try Shell.frames(server.engine.takeOutput())

        guard case .disposition = frames.first?.performative,
            case .detach(let detach) = frames.last?.performative
        else { throw Unexpected() }
        #expect(detach.isClosed && detach.error?.condition == .linkStolen)
    }

    @Test
    func `names of what is over are passed over`() {
        var server = received(2)
        let (delivery, _) = server.messages[0]
        let link = server.links[0]
        server.send(.end(End()))
        _ = server.engine.takeOutput()

        server.engine.settle(delivery.id, .accepted)
        server.engine.grant(credit: 5, on: link)
        server.engine.detach(link)
        let sent = server.engine.send(on: link, isSettled: true) { _ in }

        #expect(sent == nil)
        #expect(!server.engine.hasOutput)
        #expect(server.engine.role(of: link) == nil)
    }

    @Test(arguments: [ReceiverSettleMode.first, .second])
    func `a sender learns what became of each message, in either mode`(
        mode: ReceiverSettleMode
    ) throws {
        var pair = Pair()
        let link = try pair.openLink(.receiver)
        pair.client.engine.grant(credit: 10, on: link)
        pair.talk()
        let serverLink = try #require(pair.server.links.first)
        var sent: [DeliveryID?] = []
        for _ in 0..<4 {
            sent.append(
                pair.server.engine.send(on: serverLink, isSettled: false) { $0.bytes.append([1]) })
        }
        pair.talk()

        // The answer of the client, as its stack would write it.
        var told = Disposition(role: .receiver, first: 1)
        told.last = 2
        told.isSettled = mode == .first
        told.state = .released
        pair.server.send(.disposition(told))

        let outcome = try #require(pair.server.outcomes.first)
        #expect(pair.server.outcomes.count == 1)
        #expect(outcome.first == sent[1] && outcome.count == 2 && outcome.isSettled)
        #expect(outcome.state == .released)
        // Who settles second waits for the sender to settle first.
        let answer = try Shell.frames(pair.server.engine.takeOutput())
        #expect(answer.count == (mode == .first ? 0 : 1))
        pair.server.send(.disposition(told))
        #expect(pair.server.outcomes.count == 1)
    }
}
