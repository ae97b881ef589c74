import AMQP
import AMQPFuzz
import Bytes
import TestKit
import Testing

/// What a peer can do wrong, each time with the scope and the condition the standard has for it.
@Suite("ConnectionEngine: hostile peers", .proves(.hostileBytesAreHarmless))
struct HostilePeerTests {
    /// A server that has just opened with a client, whose frames the test writes itself.
    private func opened(
        _ change: (inout EngineConfiguration) -> Void = { _ in }, hasSession: Bool = true
    ) -> Shell {
        var configuration = EngineConfiguration(containerID: "server")
        configuration.requiresSASL = false
        change(&configuration)
        var server = Shell(.server, configuration)
        server.receive(ProtocolHeader.amqp.bytes)
        server.send(.open(Open(containerID: "peer")))
        if hasSession {
            server.send(
                .begin(Begin(nextOutgoingID: 0, incomingWindow: 100, outgoingWindow: 100)))
        }
        return server
    }

    private func attach(_ handle: UInt32, role: LinkRole = .sender) -> Performative {
        var attach = Attach(name: "link \(handle)", handle: handle, role: role)
        attach.source = Source(address: "a")
        attach.target = Target(address: "b")
        attach.initialDeliveryCount = 0
        return .attach(attach)
    }

    private func transfer(
        _ number: UInt32?, hasMore: Bool = false, isSettled: Bool? = nil, handle: UInt32 = 0
    ) -> Performative {
        var transfer = Transfer(handle: handle)
        transfer.deliveryID = number
        transfer.hasMore = hasMore
        transfer.isSettled = isSettled
        return .transfer(transfer)
    }

    // MARK: Connection

    @Test(arguments: [
        "47455420 2f204854", "414d5150 00010001", "414d5150 01010000", "414d5150 02010000", "16",
    ])
    func `another protocol is told what is spoken here`(header: String) {
        var server = Shell(.server, EngineConfiguration(containerID: "server"))

        server.receive(bytes(header))

        #expect(server.closings.count == 1)
        #expect(server.engine.takeOutput() == ProtocolHeader.sasl.bytes)
    }

    @Test
    func `a client that skips SASL is refused where SASL is asked for`() {
        var server = Shell(.server, EngineConfiguration(containerID: "server"))

        server.receive(ProtocolHeader.amqp.bytes)

        #expect(server.closings.count == 1)
        #expect(server.engine.takeOutput() == ProtocolHeader.sasl.bytes)
    }

    @Test
    func `a mechanism that was not offered is refused without a question`() {
        var server = Shell(.server, EngineConfiguration(containerID: "server"))
        var writer = ValueWriter()
        writer.append(sasl: .start(SASLInit(mechanism: "PLAIN", initialResponse: nil)))

        server.receive(ProtocolHeader.sasl.bytes + writer.bytes.bytes)

        #expect(server.closings.count == 1)
        #expect(server.events.count == 1)
        #expect(hex(server.engine.takeOutput()).hasSuffix("02010000005344c00402500140"))
    }

    @Test(arguments: [
        ("00000007 02000000", "amqp:connection:framing-error"),
        ("ffffffff 02000000", "amqp:connection:framing-error"),
        ("00010001 02000000", "amqp:connection:framing-error"),
        ("00000008 01000000", "amqp:connection:framing-error"),
        ("00000008 03000000", "amqp:connection:framing-error"),
        ("00000008 02070000", "amqp:connection:framing-error"),
        ("0000000c 02010000 00534045", "amqp:connection:framing-error"),
        ("0000000c 02000000 00539945", "amqp:decode-error"),
        ("0000000c 02000000 00531045", "amqp:decode-error"),
        ("00000009 02000000 00", "amqp:decode-error"),
    ])
    func `a frame that is none ends the connection`(frame: String, condition: String) throws {
        var server = opened()
        _ = server.engine.takeOutput()

        server.receive(bytes(frame))

        #expect(server.closings.first??.condition.text == condition)
        let frames = try Shell.frames(server.engine.takeOutput())
        guard case .close(let close) = frames.last?.performative else { throw Unexpected() }
        #expect(close.error?.condition.text == condition)
        server.receive(bytes(frame))
        #expect(server.closings.count == 1)
    }

    @Test
    func `channels beyond the highest end the connection, all others are a session each`() {
        var server = opened(hasSession: false)
        let begin = Begin(nextOutgoingID: 0, incomingWindow: 1, outgoingWindow: 1)
        var writer = ValueWriter()
        for channel in 0...4_999 as ClosedRange<UInt16> {
            writer.append(frame: .begin(begin), channel: channel)
        }
        server.receive(writer.bytes.bytes)
        #expect(server.closings.isEmpty)

        server.send(.begin(begin), channel: 65_535)

        #expect(server.closings.first??.condition == .framingError)
    }

    @Test
    func `what tidies up a channel without a session is passed over`() {
        var server = opened()

        server.send(.detach(Detach(handle: 3, isClosed: true)), channel: 7)
        server.send(.end(End()), channel: 7)
        server.send(.end(End()))
        server.send(.detach(Detach(handle: 0, isClosed: true)))
        #expect(server.closings.isEmpty)

        server.send(attach(0), channel: 7)
        #expect(server.closings.first??.condition == .notAllowed)
    }

    @Test
    func `a peer that takes only small frames is not sent larger ones`() {
        var configuration = EngineConfiguration(containerID: "server")
        configuration.requiresSASL = false
        var small = Shell(.server, configuration)
        small.receive(ProtocolHeader.amqp.bytes)
        var open = Open(containerID: "peer")
        open.frameByteCountMax = 512
        small.send(.open(open))
        small.send(.begin(Begin(nextOutgoingID: 0, incomingWindow: 1, outgoingWindow: 1)))
        var long = Attach(name: String(repeating: "n", count: 600), handle: 0, role: .sender)
        long.target = Target(address: "b")
        small.send(.attach(long))

        #expect(small.closings.first??.condition == .frameSizeTooSmall)
    }

    // MARK: Session

    @Test
    func `transfers beyond the window end the session`() {
        var server = opened { $0.incomingWindow = 4 }
        server.creditPerLink = 1000
        server.send(attach(0))
        // Announced again at half, the window is never used up by a peer that counts.
        for number in 0..<40 as Range<UInt32> { server.send(transfer(number, isSettled: true)) }

        #expect(server.messages.count == 40)
        #expect(server.ends.isEmpty)
    }

    @Test
    func `a handle that is in use, or that nothing is attached to, ends the session`() {
        for frames in [[attach(0), attach(0)], [transfer(0, handle: 9)]] {
            var server = opened()
            for frame in frames { server.send(frame) }

            #expect(server.ends.count == 1)
            #expect(server.closings.isEmpty)
            // In flight behind the end, and passed over until the peer has ended as well.
            server.send(transfer(0))
            server.send(.end(End()))
            #expect(server.closings.isEmpty)
        }
    }

    @Test
    func `links beyond the highest handle end the connection`() {
        var server = opened()
        for handle in 0...255 as ClosedRange<UInt32> { server.send(attach(handle)) }
        #expect(server.links.count == 256)

        server.send(attach(256))

        #expect(server.closings.first??.condition == .framingError)
    }

    // MARK: Link

    @Test
    func `a message without credit ends its link alone`() {
        var server = opened()
        server.creditPerLink = 2
        server.send(attach(0))
        server.send(attach(1))
        for number in 0..<3 as Range<UInt32> { server.send(transfer(number)) }

        #expect(server.detachments.first?.1?.condition == .transferLimitExceeded)
        server.send(transfer(3, handle: 1))
        #expect(server.messages.count == 3)
    }

    @Test
    func `credit that is taken back is no trap for what was under way`() {
        var server = opened()
        server.creditPerLink = 5
        server.send(attach(0))
        server.send(transfer(0))
        server.engine.grant(credit: 0, on: server.links[0])
        for number in 1..<5 as Range<UInt32> { server.send(transfer(number)) }
        #expect(server.messages.count == 5)
        #expect(server.detachments.isEmpty)

        server.send(transfer(5))

        #expect(server.detachments.first?.1?.condition == .transferLimitExceeded)
    }

    @Test
    func `a transfer that never ends is let go of, and ends its link`() {
        var server = opened { $0.messageByteCountMax = 10_000 }
        server.creditPerLink = 10
        server.send(attach(0))
        server.send(transfer(0, hasMore: true), payload: [UInt8](repeating: 1, count: 5_000))
        for _ in 0..<8 {
            server.send(transfer(nil, hasMore: true), payload: [UInt8](repeating: 1, count: 5_000))
        }

        #expect(server.detachments.first?.1?.condition == .messageSizeExceeded)
        #expect(server.messages.isEmpty)
    }

    @Test(arguments: [9_000, 10_001])
    func `a message that is too large is rejected, and the link goes on`(last: Int) throws {
        var server = opened { $0.messageByteCountMax = 10_000 }
        server.send(attach(0))
        _ = server.engine.takeOutput()
        if last < 10_000 {
            server.send(transfer(0, hasMore: true), payload: [UInt8](repeating: 1, count: 9_000))
            server.send(transfer(nil), payload: [UInt8](repeating: 1, count: last))
        } else {
            server.send(transfer(0), payload: [UInt8](repeating: 1, count: last))
        }
        let frames = try Shell.frames(server.engine.takeOutput())
        server.send(transfer(1), payload: [1])

        guard case .disposition(let told) = frames.first?.performative,
            case .rejected(let error) = told.state
        else { throw Unexpected() }
        #expect(error?.condition == .messageSizeExceeded)
        #expect(told.first == 0 && told.isSettled)
        #expect(server.messages.map(\.1) == [[1]])
    }

    @Test
    func `messages in parts on many links take no more than the connection may`() {
        var server = opened { $0.assemblyByteCountMax = 100_000 }
        for handle in 0..<20 as Range<UInt32> {
            server.send(attach(handle))
            server.send(
                transfer(handle, hasMore: true, handle: handle),
                payload: [UInt8](repeating: 1, count: 9_000))
        }

        #expect(server.detachments.count == 9)
        #expect(server.detachments.allSatisfy { $0.1?.condition == .resourceLimitExceeded })
    }

    @Test
    func `an aborted message is forgotten, and the next one is whole`() {
        var server = opened()
        server.send(attach(0))
        server.send(transfer(0, hasMore: true), payload: [1, 2])
        var aborted = Transfer(handle: 0)
        aborted.isAborted = true
        server.send(.transfer(aborted))
        server.send(transfer(1), payload: [3])

        #expect(server.messages.map(\.1) == [[3]])
        #expect(server.detachments.isEmpty)
    }

    @Test
    func `a delivery inside another, and one of an earlier life, end the link`() {
        var resuming = Transfer(handle: 0)
        resuming.deliveryID = 0
        resuming.isResuming = true
        for (frames, condition) in [
            ([transfer(0, hasMore: true), transfer(1)], Symbol.notAllowed),
            ([.transfer(resuming)], .notImplemented), ([transfer(nil)], .invalidField),
        ] {
            var server = opened()
            server.send(attach(0))
            for frame in frames { server.send(frame) }

            #expect(server.detachments.first?.1?.condition == condition)
        }
    }

    @Test
    func `a coordinator of transactions is refused, and the session goes on`() throws {
        var server = opened()
        _ = server.engine.takeOutput()
        // attach("t", 0, sender, target: coordinator)
        server.receive(
            bytes("00000024 02000000 005312 c0170e a10174 43 42 40 40 005328 45 005330 45")
                + bytes("40 40 43 40 40 40 40"))
        let frames = try Shell.frames(server.engine.takeOutput())

        guard case .attach(let answer) = frames.first?.performative,
            case .detach(let detach) = frames.last?.performative
        else { throw Unexpected() }
        #expect(answer.target == nil)
        #expect(detach.error?.condition == .notImplemented)
        #expect(server.closings.isEmpty && server.links.isEmpty)
    }

    // MARK: Time

    @Test
    func `a silent peer is given up on, and one that waits is kept`() throws {
        var server = opened { $0.idleTimeout = .seconds(10) }
        _ = server.engine.takeOutput()
        server.engine.tick(at: .seconds(100))
        server.receive(bytes("00000008 02000000"))
        server.engine.tick(at: .seconds(110))
        server.engine.tick(at: .seconds(129))
        server.receive([])
        #expect(server.closings.isEmpty)

        server.engine.tick(at: .seconds(130))
        server.receive([])

        #expect(server.closings.first??.condition == .resourceLimitExceeded)
    }

    @Test
    func `this end says that it is alive, in time for the peer`() {
        var configuration = EngineConfiguration(containerID: "server")
        configuration.requiresSASL = false
        var server = Shell(.server, configuration)
        server.receive(ProtocolHeader.amqp.bytes)
        var open = Open(containerID: "peer")
        open.idleTimeout = 8_000
        server.send(.open(open))
        _ = server.engine.takeOutput()

        server.engine.tick(at: .seconds(1))
        server.engine.tick(at: .seconds(4))
        #expect(!server.engine.hasOutput)
        server.engine.tick(at: .seconds(5))
        #expect(server.engine.takeOutput() == bytes("00000008 02000000"))
        server.engine.tick(at: .seconds(6))
        #expect(!server.engine.hasOutput)
    }

    @Test
    func `a peer that never opens is given up on`() {
        var server = Shell(.server, EngineConfiguration(containerID: "server"))
        server.engine.tick(at: .seconds(1))
        server.receive(Array(ProtocolHeader.sasl.bytes.prefix(4)))
        server.engine.tick(at: .seconds(20))
        server.receive([])
        #expect(server.closings.isEmpty)

        server.engine.tick(at: .seconds(21))
        server.receive([])

        #expect(server.closings.count == 1)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `hostile streams do no harm`(seed: UInt64) throws {
        for role in [ConnectionEngine.Role.server, .client] {
            var run = HostileRun(role, seed: seed)
            try run.run(DrawnStream.bytes(seed: seed, to: role))
        }
    }
}

extension Shell {
    /// Shows the engine one frame of its peer.
    mutating func send(_ performative: Performative, channel: UInt16 = 0, payload: [UInt8] = []) {
        var body = ValueWriter()
        performative.write(to: &body, tag: [0])
        let byteCount = UInt32(8 + body.count + payload.count)
        var frame = ValueWriter()
        frame.bytes.append(bigEndian: byteCount)
        frame.bytes.append(bigEndian: UInt32(2) << 24 | UInt32(channel))
        receive(frame.bytes.bytes + body.bytes.bytes + payload)
    }
}
