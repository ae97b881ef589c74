import AMQP
import Bytes
import TestKit
import Testing

@Suite("ConnectionEngine: a client and a server")
struct ConnectionEngineTests {
    @Test(arguments: [1, 3, 7, Int.max])
    func `a message arrives as it was sent, in whatever pieces`(pieces: Int) throws {
        var pair = Pair()
        pair.pieces = pieces
        let link = try pair.openLink(.sender)

        let id = pair.client.engine.send(on: link, isSettled: false, messageFormat: 7) {
            $0.bytes.append(bytes("005375a003 616263"))
        }
        pair.talk()
        let (delivery, message) = try #require(pair.server.messages.first)
        pair.server.engine.settle(delivery.id, .accepted)
        pair.talk()

        #expect(message == bytes("005375a003 616263"))
        #expect(delivery.messageFormat == 7)
        #expect(delivery.isSettled == false)
        let outcome = try #require(pair.client.outcomes.first)
        #expect(outcome.first == id)
        #expect(outcome.count == 1)
        #expect(outcome.state == .accepted)
        #expect(pair.server.closings.isEmpty && pair.client.closings.isEmpty)
    }

    @Test(arguments: [0, 1, 500, 65_000, 65_536, 1_000_000])
    func `a message of any size arrives over frames of 512 bytes`(byteCount: Int) throws {
        var pair = Pair(server: {
            $0.frameByteCountMax = 512
            $0.incomingWindow = 10
        })
        let link = try pair.openLink(.sender)
        var generator = SeededGenerator(seed: UInt64(byteCount))
        let sent = generator.bytes(byteCount)

        pair.client.engine.send(on: link, isSettled: true) { $0.bytes.append(sent) }
        pair.talk()

        #expect(pair.server.messages.map(\.1) == [sent])
        #expect(pair.server.messages.first?.0.isSettled == true)
        #expect(pair.client.engine.sendCapacity(of: link) > 0)
    }

    @Test
    func `credit is what a sender may send, and draining gives it back`() throws {
        var pair = Pair()
        pair.server.creditPerLink = 3
        let link = try pair.openLink(.sender)
        let serverLink = try #require(pair.server.links.first)

        #expect(pair.client.engine.sendCapacity(of: link) == 3)
        for _ in 0..<3 { pair.client.engine.send(on: link, isSettled: true) { _ in } }
        let refused = pair.client.engine.send(on: link, isSettled: true) { _ in }
        #expect(refused == nil)
        pair.talk()

        #expect(pair.server.messages.count == 3)
        #expect(pair.server.engine.creditLeft(of: serverLink) == 0)
        pair.server.engine.grant(credit: 5, on: serverLink)
        pair.talk()
        #expect(pair.client.engine.sendCapacity(of: link) == 5)
    }

    @Test
    func `a server sends on a link that the client attached to receive`() throws {
        var pair = Pair()
        let link = try pair.openLink(.receiver)
        let serverLink = try #require(pair.server.links.first)
        #expect(pair.server.engine.sendCapacity(of: serverLink) == 0)

        pair.client.engine.grant(credit: 2, on: link)
        pair.talk()
        pair.server.engine.send(on: serverLink, isSettled: true) { $0.bytes.append([1, 2]) }
        pair.talk()

        #expect(pair.client.messages.map(\.1) == [[1, 2]])
        #expect(pair.server.engine.sendCapacity(of: serverLink) == 1)
    }

    @Test
    func `a link that is refused is detached with the reason`() throws {
        var pair = Pair()
        pair.server.isFriendly = false
        pair.talk()
        let start = try #require(pair.server.events.first)
        guard case .authenticate = start else { throw Unexpected() }
        pair.server.engine.answer(.ok)
        pair.talk()
        let begun = pair.client.engine.begin()
        let session = try #require(begun)
        var attach = Attach(name: "x", handle: 0, role: .sender)
        attach.target = Target(address: "nowhere")
        let link = pair.client.engine.attach(attach, to: session)
        pair.talk()

        let asked = try #require(pair.server.links.first)
        pair.server.engine.refuse(asked, AMQPError(.notFound, "there is no nowhere"))
        pair.talk()

        #expect(pair.client.detachments.first?.0 == link)
        #expect(pair.client.detachments.first?.1?.condition == .notFound)
        guard case .attached(_, let answer) = pair.client.events.first(where: \.isAttached) else {
            throw Unexpected()
        }
        #expect(answer.target == nil)
    }

    @Test
    func `both ends say goodbye`() throws {
        var pair = Pair()
        _ = try pair.openLink(.sender)

        pair.client.engine.close()
        pair.talk()

        #expect(pair.server.closings.count == 1)
        #expect(pair.client.closings.count == 1)
        #expect(pair.client.engine.isClosed && pair.server.engine.isClosed)
    }
}

struct Unexpected: Error {}

extension ConnectionEvent {
    var isAttached: Bool { if case .attached = self { true } else { false } }
}
