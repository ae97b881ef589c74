internal import Bytes

extension ConnectionEngine {
    /// A client's first words.
    package mutating func start() {
        precondition(role == .client && phase == .header, "only a client starts, and once")
        if configuration.credentials != nil {
            output.bytes.append(ProtocolHeader.sasl.bytes)
        } else {
            output.bytes.append(ProtocolHeader.amqp.bytes)
            sendOpen()
        }
    }

    /// The shell's verdict on who the client says it is.
    package mutating func answer(_ code: SASLCode) {
        guard phase == .verdict else { return }
        output.append(sasl: .outcome(code, additionalData: nil))
        if code == .ok {
            phase = .headerAfterSASL
        } else {
            phase = .closed
            queue.append(.closed(AMQPError(.unauthorizedAccess, "SASL: \(code)")))
        }
    }

    /// Takes a protocol header. False when more bytes are needed.
    mutating func takeHeader(in input: RawSpan, at position: inout Int) -> Bool {
        let rest = input.extracting(position..<input.byteCount)
        switch ProtocolHeader.reading(rest) {
        case .needsMore: return false
        case .header(let header):
            position += ProtocolHeader.byteCount
            timekeeper.hasReceived = true
            take(header)
        case .foreign: refuseHeader()
        }
        return true
    }

    private mutating func take(_ header: ProtocolHeader) {
        switch (role, phase, header) {
        case (.server, .header, .sasl):
            output.bytes.append(ProtocolHeader.sasl.bytes)
            output.append(sasl: .mechanisms(configuration.mechanisms))
            phase = .sasl
        case (.server, .headerAfterSASL, .amqp):
            output.bytes.append(ProtocolHeader.amqp.bytes)
            phase = .opening
        case (.server, .header, .amqp) where !configuration.requiresSASL:
            output.bytes.append(ProtocolHeader.amqp.bytes)
            phase = .opening
        case (.client, .header, .sasl) where configuration.credentials != nil:
            phase = .sasl
        case (.client, .header, .amqp) where configuration.credentials == nil,
            (.client, .headerAfterSASL, .amqp):
            phase = .opening
        default: refuseHeader()
        }
    }

    /// Says what this end speaks, and ends. (part 2, section 2.2)
    private mutating func refuseHeader() {
        if role == .server {
            let offered = phase == .header && !configuration.mechanisms.isEmpty
            output.bytes.append((offered ? ProtocolHeader.sasl : .amqp).bytes)
        }
        phase = .closed
        queue.append(.closed(AMQPError(.framingError, "the peer speaks another protocol")))
    }

    mutating func takeSASL(_ body: RawSpan) throws(DecodeError) {
        var reader = ValueReader(body)
        switch (role, try SASLFrame(&reader)) {
        case (.server, .start(let start)):
            phase = .verdict
            guard configuration.mechanisms.contains(start.mechanism) else {
                return answer(.auth)
            }
            queue.append(.authenticate(start))
        case (.client, .mechanisms(let offered)): choose(from: offered)
        case (.client, .outcome(.ok, _)):
            output.bytes.append(ProtocolHeader.amqp.bytes)
            sendOpen()
            phase = .headerAfterSASL
        case (.client, .outcome(let code, _)):
            phase = .closed
            queue.append(.closed(AMQPError(.unauthorizedAccess, "SASL: \(code)")))
        default: fail(AMQPError(.framingError, "this is no time for a SASL frame of its kind"))
        }
    }

    private mutating func choose(from offered: [Symbol]) {
        guard let credentials = configuration.credentials, offered.contains(credentials.mechanism)
        else {
            let names = offered.map(\.text).joined(separator: ", ")
            return fail(AMQPError(.notImplemented, "the server offers only \(names)"))
        }
        output.append(sasl: .start(credentials))
    }

    mutating func sendOpen() {
        hasOpened = true
        output.append(frame: .open(configuration.open), channel: 0)
    }

    mutating func take(_ open: Open) {
        guard phase == .opening else {
            return fail(AMQPError(.illegalState, "the connection is already open"))
        }
        if role == .server { sendOpen() }
        guard open.frameByteCountMax >= UInt32(FrameHeader.guaranteedByteCount) else {
            return fail(AMQPError(.invalidField, "max-frame-size is below 512"))
        }
        remoteFrameByteCountMax = Int(clamping: open.frameByteCountMax)
        remoteChannelMax = open.channelMax
        remoteIdleTimeout = open.idleTimeout.flatMap {
            $0 == 0 ? nil : .milliseconds(Int64($0))
        }
        phase = .open
        queue.append(.opened(open))
    }
}
