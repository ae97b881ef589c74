package import AMQP
internal import Bytes
internal import TestKit

/// The bytes of a peer that mostly keeps to the protocol, and sometimes does not.
///
/// Every stream begins with a handshake, so that what follows is not all refused at the door.
/// Fields are mostly what they may be; then bytes of the frames are damaged where it hurts: sizes,
/// counts, codes, handles.
package struct DrawnStream {
    private var generator: SeededGenerator
    private var writer = ValueWriter()
    private let role: ConnectionEngine.Role
    /// Whether a delivery's last frame has not come.
    private var isInDelivery = false
    /// Where frames begin.
    private var frames: [Int] = []

    /// The stream of a seed, to be read by an end of this role.
    package static func bytes(seed: UInt64, to role: ConnectionEngine.Role) -> [UInt8] {
        var stream = DrawnStream(seed: seed, to: role)
        stream.draw()
        return stream.writer.bytes.bytes
    }

    private init(seed: UInt64, to role: ConnectionEngine.Role) {
        generator = SeededGenerator(seed: seed)
        self.role = role
    }

    private mutating func draw() {
        handshake()
        let start = frames.count
        for _ in 0..<below(40) { append(body: performative()) }
        // Half of all streams are whole, so that the states behind a handshake are reached.
        guard chance(2) else { return }
        for _ in 0...below(4) { damage(from: chance(8) ? 0 : start) }
    }

    private mutating func handshake() {
        if role == .server {
            writer.bytes.append(ProtocolHeader.sasl.bytes)
            frame { $0.append(sasl: .start(SASLInit(mechanism: "ANONYMOUS", initialResponse: []))) }
        } else {
            writer.bytes.append(ProtocolHeader.sasl.bytes)
            frame { $0.append(sasl: .mechanisms(["ANONYMOUS", "PLAIN"])) }
            frame { $0.append(sasl: .outcome(.ok, additionalData: nil)) }
        }
        writer.bytes.append(ProtocolHeader.amqp.bytes)
        var open = Open(containerID: "fuzz")
        open.frameByteCountMax = pick([512, 1024, 65_536, .max])
        open.channelMax = pick([0, 1, 100, .max])
        open.idleTimeout = pick([nil, 0, 1, 60_000])
        frame { $0.append(frame: .open(open), channel: 0) }
        let begin = begin()
        frame { $0.append(frame: .begin(begin), channel: 0) }
        attachBoth()
    }

    /// A link in each direction: the peer sends on handle 0, and receives on handle 1.
    private mutating func attachBoth() {
        for (handle, role) in [(0, LinkRole.sender), (1, .receiver)] {
            var attach = attach()
            attach.handle = UInt32(handle)
            attach.role = role
            if self.role == .client { attach.name = "link" }
            frame { $0.append(frame: .attach(attach), channel: 0) }
        }
    }

    private mutating func frame(_ write: (inout ValueWriter) -> Void) {
        frames.append(writer.count)
        write(&writer)
    }

    private mutating func append(body performative: Performative) {
        let tag = generator.bytes(below(33))
        let payload = isTransfer(performative) ? self.payload() : []
        let channel: UInt16 = chance(300) ? pick([1, 2, 99, 4_999, 5_000, .max]) : 0
        let start = writer.count
        frame { writer in
            writer.append(frame: performative, channel: channel)
            guard case .transfer = performative else { return }
            // Again, with a tag and a payload, which the short way of writing frames leaves out.
            writer.bytes.bytes.removeLast(writer.count - start)
            writer.bytes.append(bigEndian: UInt32(0))
            writer.bytes.append(bigEndian: UInt32(2) << 24 | UInt32(channel))
            performative.write(to: &writer, tag: tag)
            writer.bytes.append(payload)
            writer.bytes.replace(at: start, bigEndian: UInt32(writer.count - start))
        }
    }

    private func isTransfer(_ performative: Performative) -> Bool {
        if case .transfer = performative { true } else { false }
    }

    private mutating func performative() -> Performative {
        switch below(20) {
        case 0: chance(3) ? .attach(attach()) : .transfer(transfer())
        case 1, 2: .transfer(transfer())
        case 3, 4, 5: .flow(flow())
        case 6: .disposition(disposition())
        case 7: chance(4) ? .detach(detach()) : .flow(flow())
        case 8: rarely()
        case 9: .flow(flow())
        default: .transfer(transfer())
        }
    }

    private mutating func rarely() -> Performative {
        switch below(20) {
        case 0: .close(Close(error: error()))
        case 1: .begin(begin())
        case 2: .end(End(error: error()))
        default: .attach(attach())
        }
    }

    private mutating func begin() -> Begin {
        var begin = Begin(
            nextOutgoingID: pick([0, 1, .max, .max - 3]),
            incomingWindow: pick([0, 1, 7, 5000, .max]),
            outgoingWindow: pick([0, 5000, .max]))
        let isOdd = chance(40)
        begin.remoteChannel = role == .client ? (isOdd ? 1 : 0) : (isOdd ? 9 : nil)
        begin.handleMax = pick([0, 3, 255, 255, .max])
        return begin
    }

    private mutating func attach() -> Attach {
        var attach = Attach(
            name: chance(3) ? "link" : DrawnValues.text(&generator), handle: handle(),
            role: chance(3) ? .receiver : .sender)
        if !chance(5) { attach.source = source() }
        if !chance(5) { attach.target = Target(address: "hub") }
        attach.senderSettleMode = pick([.unsettled, .settled, .mixed])
        attach.receiverSettleMode = pick([.first, .second])
        attach.initialDeliveryCount = pick([nil, 0, 1, .max])
        attach.messageByteCountMax = pick([nil, 0, 1, 1_048_576, .max])
        if chance(4) { attach.properties = DrawnValues.map(&generator, depth: 3) }
        if chance(6) { attach.unsettled = DrawnValues.map(&generator, depth: 2) }
        if chance(3) { attach.desiredCapabilities = ["a", "b"] }
        return attach
    }

    private mutating func detach() -> Detach {
        Detach(handle: handle(), isClosed: chance(2), error: error())
    }

    private mutating func source() -> Source {
        var source = Source(address: chance(9) ? nil : "hub/ConsumerGroups/$Default/Partitions/0")
        if chance(2) { source.filter = DrawnValues.map(&generator, depth: 2) }
        if chance(4) { source.defaultOutcome = state() }
        return source
    }

    private mutating func flow() -> Flow {
        var flow = Flow(
            incomingWindow: pick([0, 1, 10, 5000, .max]), nextOutgoingID: pick([0, 1, 2, .max]),
            outgoingWindow: pick([0, 5000, .max]))
        flow.nextIncomingID = pick([nil, 0, 1, 2, 1000, .max])
        flow.handle = chance(4) ? nil : chance(8) ? handle() : 1
        flow.deliveryCount = pick([nil, 0, 1, 5, 0x8000_0000, .max])
        flow.credit = pick([nil, 0, 1, 300, .max])
        flow.isDraining = chance(4)
        flow.wantsEcho = chance(4)
        return flow
    }

    private mutating func transfer() -> Transfer {
        var transfer = Transfer(handle: chance(30) ? handle() : 0)
        let isOdd = chance(20)
        transfer.deliveryID = isInDelivery != isOdd ? nil : pick([0, 1, 2, 3, 4, .max])
        transfer.messageFormat = pick([nil, 0, 0x8001_3700])
        transfer.isSettled = pick([nil, false, true])
        transfer.hasMore = chance(5)
        transfer.isAborted = chance(15)
        isInDelivery = transfer.hasMore && !transfer.isAborted
        transfer.isResuming = chance(30)
        if chance(12) { transfer.state = state() }
        return transfer
    }

    private mutating func disposition() -> Disposition {
        var disposition = Disposition(
            role: pick([.receiver, .receiver, .sender]), first: pick([0, 1, 2, .max]))
        disposition.last = pick([nil, 0, 3, 100, 0x7FFF_FFFF, .max])
        disposition.isSettled = chance(2)
        disposition.state = chance(4) ? nil : state()
        return disposition
    }

    private mutating func state() -> DeliveryState {
        switch below(6) {
        case 0: .received(section: 1, offset: .max)
        case 1: .rejected(error())
        case 2: .released
        case 3: .modified(Modification(annotations: DrawnValues.map(&generator, depth: 1)))
        default: .accepted
        }
    }

    private mutating func error() -> AMQPError? {
        guard chance(3) else { return nil }
        let info = DrawnValues.map(&generator, depth: 1)
        return AMQPError("amqp:internal-error", DrawnValues.text(&generator), info: info)
    }

    private mutating func payload() -> [UInt8] {
        guard chance(3) else { return generator.bytes(below(chance(8) ? 3000 : 60)) }
        var message = AMQPMessage(body: .data([generator.bytes(below(30))]))
        message.applicationProperties = DrawnValues.map(&generator, depth: 2)
        message.messageAnnotations = DrawnValues.map(&generator, depth: 2)
        var writer = ValueWriter()
        message.write(to: &writer)
        return writer.bytes.bytes
    }

    private mutating func handle() -> UInt32 {
        chance(30) ? pick([5, 255, 256, .max]) : pick([0, 1])
    }

    // MARK: Damage

    private mutating func damage(from first: Int) {
        guard first < frames.count else { return }
        let start = frames[first + below(frames.count - first)]
        var bytes = writer.bytes.bytes
        let place = min(start + below(chance(3) ? 12 : 80), bytes.count - 1)
        switch below(7) {
        case 0: bytes[place] = UInt8(truncatingIfNeeded: generator.next())
        case 1: bytes[place] ^= 1 << UInt8(below(8))
        case 2: bytes[place] = pick([0x00, 0x45, 0x40, 0xD0, 0xF0, 0xB0, 0xFF])
        case 3: bytes.removeSubrange(place..<min(place + 1 + below(9), bytes.count))
        case 4: bytes.insert(contentsOf: generator.bytes(1 + below(9)), at: place)
        case 5:
            for index in place..<min(place + 4, bytes.count) { bytes[index] = 0xFF }
        default: bytes.replaceSubrange(place..., with: bytes[start...])
        }
        writer.bytes.bytes = bytes
        frames = frames.filter { $0 < bytes.count }
    }

    // MARK: Drawing

    private mutating func below(_ bound: Int) -> Int {
        Int.random(in: 0..<bound, using: &generator)
    }

    private mutating func chance(_ bound: Int) -> Bool { below(bound) == 0 }

    private mutating func pick<Choice>(_ choices: [Choice]) -> Choice {
        choices[below(choices.count)]
    }
}
