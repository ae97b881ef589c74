import AMQP
import Bytes

/// A client of few abilities and no cost: one connection, one link, frames made beforehand.
///
/// It blocks its thread. Nothing in it is on the measured side but the system calls.
final class LoopbackPeer {
    /// What the link is for.
    enum Purpose {
        case send(to: String)
        case receive(from: String, credit: UInt32)
    }

    let socket: LoopbackSocket
    private var input: [UInt8] = []
    private var position = 0
    /// How many messages the server has allowed so far, counted from the first.
    private(set) var allowed: UInt32 = 0
    /// How many messages the server has accepted.
    private(set) var accepted = 0
    /// How many messages came.
    private(set) var received = 0
    /// Set when the server attached the link.
    private(set) var isAttached = false

    init(port: Int, rule: String, key: String, _ purpose: Purpose) throws {
        socket = try LoopbackSocket(port: port)
        try write(Self.opening(rule: rule, key: key, purpose))
        while !isAttached { try read() }
    }

    /// Everything up to the link, in one piece: all of it may be sent without waiting.
    private static func opening(rule: String, key: String, _ purpose: Purpose) -> [UInt8] {
        var writer = ValueWriter()
        writer.bytes.append(ProtocolHeader.sasl.bytes)
        let credentials = PlainCredentials(user: rule, password: key)
        writer.append(
            sasl: .start(SASLInit(mechanism: "PLAIN", initialResponse: credentials.response)))
        writer.bytes.append(ProtocolHeader.amqp.bytes)
        writer.append(frame: .open(Open(containerID: "bench")), channel: 0)
        let begin = Begin(
            nextOutgoingID: 0, incomingWindow: .max >> 1, outgoingWindow: .max >> 1)
        writer.append(frame: .begin(begin), channel: 0)
        switch purpose {
        case .send(let target):
            var attach = Attach(name: "link", handle: 0, role: .sender)
            attach.senderSettleMode = .unsettled
            attach.source = Source(address: "bench")
            attach.target = Target(address: target)
            attach.initialDeliveryCount = 0
            writer.append(frame: .attach(attach), channel: 0)
        case .receive(let source, let credit):
            var attach = Attach(name: "link", handle: 0, role: .receiver)
            attach.source = Source(address: source)
            attach.target = Target(address: "bench")
            writer.append(frame: .attach(attach), channel: 0)
            writer.bytes.append(Self.credit(credit, after: 0))
        }
        return writer.bytes.bytes
    }

    /// A flow that lets `credit` more messages come after `count` have.
    static func credit(_ credit: UInt32, after count: UInt32) -> [UInt8] {
        var flow = Flow(
            incomingWindow: .max >> 1, nextOutgoingID: 0, outgoingWindow: .max >> 1)
        flow.nextIncomingID = count
        flow.handle = 0
        flow.deliveryCount = count
        flow.credit = credit
        var writer = ValueWriter()
        writer.append(frame: .flow(flow), channel: 0)
        return writer.bytes.bytes
    }

    // MARK: Bytes

    func write(_ bytes: [UInt8]) throws { try socket.write(bytes) }

    /// Waits for bytes, and takes the frames in them.
    func read() throws {
        if position > 0 { input.removeFirst(position) }
        position = 0
        let bytes = try socket.read()
        guard !bytes.isEmpty else { throw LimitError(operation: "keep the connection", code: 0) }
        input.append(contentsOf: bytes)
        try takeFrames()
    }

    private func takeFrames() throws {
        let bytes = input
        let span = bytes.rawSpan
        if !isAttached, bytes.starts(with: ProtocolHeader.sasl.bytes) { position = 8 }
        while true {
            let rest = span.extracting(position..<bytes.count)
            if bytes[position...].starts(with: ProtocolHeader.amqp.bytes) {
                position += 8
                continue
            }
            guard let frame = try FrameHeader(firstIn: rest, limit: 1 << 20),
                frame.frameByteCount <= rest.byteCount
            else { return }
            let body = rest.extracting(frame.bodyOffset..<frame.frameByteCount)
            position += frame.frameByteCount
            if frame.kind == .amqp, body.byteCount > 0 { try take(body) }
        }
    }

    private func take(_ body: RawSpan) throws {
        // Messages are counted by their descriptor: reading them is not what is measured.
        var code = ByteReader(body)
        if try code.integer(as: UInt32.self) >> 8 == 0x005314 {
            received += 1
            return
        }
        var reader = ValueReader(body)
        switch try Performative(&reader) {
        case .attach: isAttached = true
        case .flow(let flow):
            if flow.handle != nil { allowed = (flow.deliveryCount ?? 0) &+ (flow.credit ?? 0) }
        case .disposition(let disposition):
            guard disposition.state == .accepted else {
                throw LimitError(operation: "have a message accepted", code: 0)
            }
            accepted += Int((disposition.last ?? disposition.first) &- disposition.first) + 1
        case .detach, .end, .close: throw LimitError(operation: "keep the link", code: 0)
        case .open, .begin, .transfer: break
        }
    }
}

/// Transfers of one message each, whose numbers are put in as they are sent.
struct TransferFrames {
    private var frames: [[UInt8]] = []
    private static let numberPosition = 8 + 3 + 3 + 2 + 1

    /// `count` frames with messages of `eventCount` events of `byteCount` random bytes.
    init(count: Int, eventCount: Int, byteCount: Int) throws {
        var payload = try Payload(byteCount: byteCount)
        self.init(
            messages: (0..<count).map { _ in
                (0..<eventCount).map { _ in Array(payload.next()) }
            })
    }

    /// Frames with messages of these bodies, a batch where a message has more than one.
    init(messages: [[[UInt8]]], maxFrameByteCount: Int = 65_536) {
        for bodies in messages {
            var message = ValueWriter()
            for body in bodies {
                var event = ValueWriter()
                event.append(descriptor: 0x75)
                event.append(binary: body)
                if bodies.count == 1 {
                    message = event
                } else {
                    message.append(descriptor: 0x75)
                    message.append(binary: event.bytes.bytes)
                }
            }
            frames.append(
                Self.frames(
                    of: message.bytes.bytes, format: bodies.count == 1 ? 0 : 0x8001_3700,
                    limit: maxFrameByteCount))
        }
    }

    /// The frames of a message, the first with room for a number at a known place.
    private static func frames(of message: [UInt8], format: UInt32, limit: Int) -> [UInt8] {
        var writer = ByteWriter()
        var sent = 0
        while sent < message.count || sent == 0 {
            let count = min(message.count - sent, limit - 64)
            let hasMore: UInt8 = sent + count < message.count ? 0x41 : 0x42
            let start = writer.count
            writer.append(bigEndian: UInt32(0))
            writer.append([2, 0, 0, 0, 0x00, 0x53, 0x14, 0xC0, 0, 11, 0x52, 0])
            if sent == 0 {
                writer.append([0x70, 0, 0, 0, 0, 0xA0, 4, 0, 0, 0, 0, 0x70])
                writer.append(bigEndian: format)
            } else {
                writer.append([0x40, 0x40, 0x40])
            }
            writer.append([0x42, hasMore, 0x40, 0x40, 0x42, 0x42, 0x42])
            writer.bytes[start + 12] = UInt8(writer.count - start - 13)
            writer.append(message[sent..<(sent + count)])
            writer.replace(at: start, bigEndian: UInt32(writer.count - start))
            sent += count
        }
        return writer.bytes
    }

    /// The frames of delivery `number`.
    func append(number: UInt32, to bytes: inout [UInt8]) {
        let frame = frames[Int(number) % frames.count]
        let start = bytes.count
        bytes.append(contentsOf: frame)
        bytes.replace(at: start + Self.numberPosition, bigEndian: number)
        bytes.replace(at: start + Self.numberPosition + 6, bigEndian: number)
    }
}
