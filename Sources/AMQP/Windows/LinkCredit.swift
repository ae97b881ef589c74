/// The sending end of a link: what it may send (part 2, section 2.6.7).
package struct SenderCredit: Sendable {
    /// How many deliveries were sent, or given up by draining.
    package private(set) var sent: SerialNumber
    /// How many may be sent.
    package private(set) var left: UInt32 = 0
    /// Whether the receiver wants the credit used up.
    package private(set) var isDraining = false

    /// No credit, and this count to begin with.
    package init(initialCount: SerialNumber) { sent = initialCount }

    /// The receiver grants credit from its own count, so that what is under way comes off it.
    ///
    /// A receiver may take credit back. One that knows of more than was sent is wrong, and its
    /// credit is taken as it stands.
    package mutating func update(credit: UInt32, receiverCount: UInt32?, isDraining: Bool) {
        let count = receiverCount.map { SerialNumber($0) } ?? sent
        let inFlight = max(0, sent.distance(since: count))
        left = UInt32(exactly: max(0, Int(credit) - inFlight)) ?? 0
        self.isDraining = isDraining && left > 0
    }

    /// Counts a delivery.
    package mutating func take() {
        precondition(left > 0, "a delivery was sent without credit")
        left -= 1
        sent.advance()
        if left == 0 { isDraining = false }
    }

    /// Gives up what is left, as draining asks.
    package mutating func drain() {
        sent = sent.advanced(by: left)
        left = 0
        isDraining = false
    }
}

/// The receiving end of a link: what it has granted.
package struct ReceiverCredit: Sendable {
    /// How many deliveries came, or were given up by the sender.
    package private(set) var received: SerialNumber
    /// How many may come.
    package private(set) var left: UInt32 = 0
    /// The count up to which any grant so far reached.
    private var ceiling: SerialNumber

    /// No credit, and the count that the sender begins with.
    package init(initialCount: SerialNumber) {
        received = initialCount
        ceiling = initialCount
    }

    /// From here on, so many may come. Fewer than before takes credit back.
    package mutating func grant(_ credit: UInt32) {
        left = min(credit, UInt32(Int32.max))
        let reach = received.advanced(by: left)
        if reach.distance(since: ceiling) > 0 { ceiling = reach }
    }

    /// Counts a delivery. False when the sender had no right to it; nothing has changed then.
    ///
    /// What was under way as credit was taken back is no wrong of the sender's.
    package mutating func take() -> Bool {
        guard left > 0 || ceiling.distance(since: received) > 0 else { return false }
        if left > 0 { left -= 1 }
        received.advance()
        return true
    }

    /// The sender says how far it has counted: further than it sent, if it drained.
    ///
    /// What cannot be is passed over. One SDK sends such flows of a receiver on its sending links.
    package mutating func advance(to senderCount: UInt32) {
        let ahead = SerialNumber(senderCount).distance(since: received)
        guard ahead > 0, ahead <= Int(left) else { return }
        received = SerialNumber(senderCount)
        left -= UInt32(ahead)
    }
}
