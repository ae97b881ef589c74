/// When something last came and went, as exactly as the shell's ticks are apart.
struct Timekeeper: Sendable {
    /// Since the last tick. Setting it costs less than reading a clock for each frame.
    var hasReceived = false
    var hasSent = false
    private(set) var start: Duration?
    private(set) var lastReceived = Duration.zero
    private(set) var lastSent = Duration.zero

    mutating func tick(at now: Duration) {
        if start == nil {
            start = now
            lastReceived = now
            lastSent = now
        }
        if hasReceived { lastReceived = now }
        if hasSent { lastSent = now }
        hasReceived = false
        hasSent = false
    }
}

extension ConnectionEngine {
    /// Looks at the time, which the shell reads from a clock that only goes forward.
    ///
    /// Keeps the peer from giving up on this end, and gives up on a peer that is silent for twice
    /// what this end announced, or that takes too long to open: then `next` tells so. To be called
    /// more often than any of these times; once a second is enough for all SDKs.
    package mutating func tick(at now: Duration) {
        timekeeper.tick(at: now)
        switch phase {
        case .closed: break
        case .open, .closing:
            keepAlive(at: now)
            guard let limit = configuration.idleTimeout.map({ $0 * 2 }),
                now - timekeeper.lastReceived >= limit
            else { return }
            fail(AMQPError(.resourceLimitExceeded, "local-idle-timeout expired"))
        default:
            guard now - (timekeeper.start ?? now) >= configuration.handshakeTimeout else { return }
            fail(AMQPError(.connectionForced, "the connection was not opened in time"))
        }
    }

    private mutating func keepAlive(at now: Duration) {
        guard phase == .open, let timeout = remoteIdleTimeout, output.count == 0,
            now - timekeeper.lastSent >= timeout / 2
        else { return }
        output.appendEmptyFrame()
    }
}
