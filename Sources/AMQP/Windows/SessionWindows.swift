/// How many transfers of the peer a session still takes (part 2, section 2.5.6).
package struct IncomingWindow: Sendable {
    /// The window as it is announced.
    package let size: UInt32
    /// The transfer that comes next.
    package private(set) var next: SerialNumber
    /// How many transfers may come before the window has to be announced again.
    package private(set) var left: UInt32

    /// A full window.
    package init(size: UInt32, next: SerialNumber) {
        self.size = size
        self.next = next
        left = size
    }

    /// Counts a transfer. False when the peer had no right to it; nothing has changed then.
    package mutating func take() -> Bool {
        guard left > 0 else { return false }
        left -= 1
        next.advance()
        return true
    }

    /// Whether it is time to announce the window again.
    package var isHalfUsed: Bool { left <= size / 2 }

    /// The window was announced.
    package mutating func refill() { left = size }
}

/// How many transfers the peer's session still takes.
package struct OutgoingWindow: Sendable {
    /// The first transfer's number, which stands for the peer's count until it has one.
    private let start: SerialNumber
    /// The transfer that is sent next.
    package private(set) var next: SerialNumber
    /// How many may be sent.
    package private(set) var left: UInt32 = 0

    /// A window that the peer has not opened yet.
    package init(start: SerialNumber) {
        self.start = start
        next = start
    }

    /// The peer takes `window` transfers from `nextIncoming` on, which may lie before what was
    /// sent.
    package mutating func open(window: UInt32, nextIncoming: UInt32?) {
        let base = nextIncoming.map { SerialNumber($0) } ?? start
        // A peer that is ahead of us is wrong, and gets no more than it says it has room for.
        let inFlight = max(0, next.distance(since: base))
        left = UInt32(exactly: max(0, Int(window) - inFlight)) ?? 0
    }

    /// Counts a transfer.
    package mutating func take() {
        precondition(left > 0, "a transfer was sent into a closed window")
        left -= 1
        next.advance()
    }
}
