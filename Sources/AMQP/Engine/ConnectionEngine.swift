internal import Bytes

/// One end of an AMQP connection, without its stream, its clock and its messages.
///
///     bytes of the peer ──▶ next(in:at:) ──▶ events ──▶ shell
///     bytes to the peer ◀── takeOutput() ◀── calls  ◀── shell
///
/// The shell owns the bytes that came: it shows all it has, and keeps what was not taken, which is
/// less than a frame. Every call appends to the output and does nothing else to the world. Names of
/// links, sessions and deliveries that are over are passed over by all calls, since a peer can end
/// them at any moment.
///
/// What a peer does wrong ends its link, its session or its connection, with the condition the
/// standard has for it. Nothing it sends takes more memory than the configuration says.
package struct ConnectionEngine: Sendable {
    /// Which end of the connection this is.
    package enum Role: Sendable {
        /// It answers.
        case server
        /// It asks.
        case client
    }

    /// How far the connection has got.
    enum Phase: Sendable {
        /// The peer's first header is awaited.
        case header
        /// A SASL frame is awaited.
        case sasl
        /// The shell decides on who the peer says it is.
        case verdict
        /// The header behind the SASL layer is awaited.
        case headerAfterSASL
        /// The peer's opening is awaited.
        case opening
        /// Both ends have opened.
        case open
        /// This end has closed, and waits for the same. All else is passed over.
        case closing
        /// It is over.
        case closed
    }

    let role: Role
    let configuration: EngineConfiguration
    /// The largest frame this end takes.
    let frameByteCountMax: Int
    var phase = Phase.header
    var output = ValueWriter()
    /// What the last output took, as a guess of what the next will.
    var outputByteCountHint = 0
    /// Events that one frame caused beyond the first, oldest first.
    var queue: [ConnectionEvent] = []
    /// Sessions by slot. The slot's number is our channel.
    var sessions: [Session] = []
    /// Slots by the peer's channel, plus one; 0 where there is none.
    var slotsByChannel: [UInt16] = []
    var nextSerial: UInt32 = 1
    var linkCount = 0
    /// What all messages that are being assembled take.
    var assemblyByteCount = 0
    var pending: PendingDisposition?
    /// The largest frame the peer takes.
    var remoteFrameByteCountMax = FrameHeader.guaranteedByteCount
    var remoteChannelMax = UInt16.max
    var remoteIdleTimeout: Duration?
    var timekeeper = Timekeeper()
    /// Whether this end's opening was sent.
    var hasOpened = false

    /// One end of a connection whose stream was just opened. A client then has to `start`.
    package init(_ role: Role, _ configuration: EngineConfiguration) {
        self.role = role
        self.configuration = configuration
        frameByteCountMax = Int(configuration.open.frameByteCountMax)
    }

    /// Takes frames out of `input` from `position` on until one of them is an event, and moves
    /// `position` behind what was taken.
    ///
    /// `nil` when more bytes are needed, or the shell has to `answer` first.
    package mutating func next(in input: RawSpan, at position: inout Int) -> ConnectionEvent? {
        while true {
            if !queue.isEmpty { return queue.removeFirst() }
            switch phase {
            case .open, .opening, .sasl, .closing:
                let step = takeFrame(in: input, at: &position)
                if case .event(let event) = step { return event }
                if case .needsMore = step, queue.isEmpty {
                    checkInvariants()
                    return nil
                }
            case .header, .headerAfterSASL:
                guard takeHeader(in: input, at: &position) else { return nil }
            case .verdict: return nil
            case .closed:
                position = input.byteCount
                return nil
            }
        }
    }

    /// What a frame came to.
    enum Step {
        case needsMore
        case event(ConnectionEvent)
        case done
    }

    private mutating func takeFrame(in input: RawSpan, at position: inout Int) -> Step {
        let rest = input.extracting(position..<input.byteCount)
        let limit = frameByteCountMax
        let header: FrameHeader
        do throws(FrameError) {
            guard let found = try FrameHeader(firstIn: rest, limit: limit) else {
                return .needsMore
            }
            header = found
        } catch {
            fail(AMQPError(.framingError, "\(error)"))
            return .done
        }
        guard rest.byteCount >= header.frameByteCount else { return .needsMore }
        let start = position
        position += header.frameByteCount
        timekeeper.hasReceived = true
        return take(header, in: input, from: start + header.bodyOffset, to: position)
    }

    private mutating func take(
        _ header: FrameHeader, in input: RawSpan, from start: Int, to end: Int
    ) -> Step {
        do throws(DecodeError) {
            switch (header.kind, phase) {
            case (.sasl, .sasl):
                try takeSASL(input.extracting(start..<end))
                return .done
            case (.amqp, .opening), (.amqp, .open), (.amqp, .closing):
                if start == end { return .done }  // The peer says that it is alive.
                return try takeBody(channel: header.channel, in: input, from: start, to: end)
            default:
                fail(AMQPError(.framingError, "this is no time for a frame of its type"))
            }
        } catch {
            fail(AMQPError(.decodeError, "a frame cannot be read: \(error)"))
        }
        return .done
    }

    // MARK: Output

    /// Whether there is something to send.
    package var hasOutput: Bool { output.count > 0 || pending != nil }

    /// How many bytes `takeOutput` would return, give or take a disposition.
    package var outputByteCount: Int { output.count }

    /// The frames to send, which the engine then forgets.
    package mutating func takeOutput() -> [UInt8] {
        flushDispositions()
        checkInvariants()
        guard output.count > 0 else { return [] }
        timekeeper.hasSent = true
        let bytes = output.bytes.bytes
        output = ValueWriter()
        outputByteCountHint = min(bytes.count, Self.outputHintMax)
        return bytes
    }

    /// The most that is set aside for an output before it is written.
    private static let outputHintMax = 262_144

    /// Whether the connection is over.
    package var isClosed: Bool { phase == .closed }

    /// Whether both ends have opened and neither has closed.
    package var isOpen: Bool { phase == .open }
}
