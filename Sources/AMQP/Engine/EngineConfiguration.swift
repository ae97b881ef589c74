/// What one end of a connection announces and insists on.
package struct EngineConfiguration: Sendable {
    /// The name of this end.
    package var containerID: String
    /// Whom a client wants to talk to.
    package var hostname: String?
    /// What a server accepts, in its order of preference.
    package var mechanisms: [Symbol] = ["ANONYMOUS"]
    /// Whether a server insists on a SASL layer.
    package var requiresSASL = true
    /// How a client says who it is; `nil` leaves the SASL layer out.
    package var credentials: SASLInit?
    /// The largest frame this end takes.
    package var frameByteCountMax: UInt32 = 65_536
    /// The highest channel this end takes.
    package var channelMax: UInt16 = 4_999
    /// The highest handle this end takes in a session.
    package var handleMax: UInt32 = 255
    /// How many links there may be over all sessions.
    package var linkCountMax = 4_096
    /// How many transfers a session takes before it announces its window again.
    package var incomingWindow: UInt32 = 5_000
    /// The largest message that is assembled, unless a link's terms say less.
    package var messageByteCountMax = 1_048_576
    /// What all messages that are being assembled may take together.
    package var assemblyByteCountMax = 16 * 1_048_576
    /// After how long without a frame of the peer this end gives up, twice over; `nil` for never.
    package var idleTimeout: Duration? = .seconds(240)
    /// How long the peer may take from its first byte to its opening.
    package var handshakeTimeout: Duration = .seconds(20)
    /// Anything more about this end.
    package var properties: AMQPMap?

    /// A configuration with the defaults of the service this stands in for.
    package init(containerID: String) { self.containerID = containerID }

    var open: Open {
        var open = Open(containerID: containerID)
        open.hostname = hostname
        open.frameByteCountMax = max(frameByteCountMax, UInt32(FrameHeader.guaranteedByteCount))
        open.channelMax = channelMax
        open.idleTimeout = idleTimeout.map { UInt32(clamping: $0.milliseconds) }
        open.properties = properties
        return open
    }
}

extension Duration {
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds.multipliedReportingOverflow(by: 1000).overflow
            ? .max : seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
