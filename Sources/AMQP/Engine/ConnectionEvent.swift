internal import Bytes

/// What a connection tells its shell.
package enum ConnectionEvent: Sendable {
    /// A client says who it is. Input stands still until `answer` is called.
    indirect case authenticate(SASLInit)
    /// The connection is open.
    indirect case opened(Open)
    /// The peer attached a link: to be answered with `accept` or `refuse`, unless this end had
    /// attached it before.
    indirect case attached(LinkID, Attach)
    /// A whole message came.
    case delivery(Delivery)
    /// A link that sends was given credit, or its session a window, or it shall drain.
    case sendable(LinkID)
    /// What became of messages that were sent unsettled.
    indirect case outcome(Outcome)
    /// A link is over. Its name means nothing any more.
    indirect case detached(LinkID, AMQPError?)
    /// A session is over, after all of its links.
    indirect case ended(SessionID, AMQPError?)
    /// The connection is over, and with it everything on it. What is in the output is to be sent,
    /// then the stream is to be closed. The error is the peer's, or what this end told it.
    indirect case closed(AMQPError?)
}

/// A session of one connection. Never used again for another.
package struct SessionID: Hashable, Sendable {
    let slot: UInt16
    let serial: UInt32
}

/// A link of one connection. Never used again for another.
package struct LinkID: Hashable, Sendable {
    let session: UInt16
    let slot: UInt16
    let serial: UInt32
}

/// A delivery of one session, in either direction.
package struct DeliveryID: Hashable, Sendable {
    let session: SessionID
    /// The number that the sender gave it.
    package let number: UInt32
}

/// What became of deliveries.
package struct Outcome: Sendable {
    /// The first delivery.
    package let first: DeliveryID
    /// How many, numbered in order.
    package let count: Int
    /// What the receiver says of them.
    package let state: DeliveryState?
    /// Whether it has forgotten them. They are over then; otherwise more may come.
    package let isSettled: Bool
}

/// A message that came.
package struct Delivery: Sendable {
    /// Where its bytes are.
    @usableFromInline enum Payload: Sendable {
        case inInput(Range<Int>)
        case assembled([UInt8])
    }

    /// The link it came over.
    package let link: LinkID
    /// What it is settled by.
    package let id: DeliveryID
    /// How it is laid out: 0 is a message of the standard.
    package let messageFormat: UInt32
    /// Whether its sender has forgotten it, and waits for no outcome.
    package let isSettled: Bool
    let payload: Payload

    /// The message, in place. `input` has to be the span the event was read from.
    @_lifetime(borrow self, copy input)
    package func message(in input: RawSpan) -> RawSpan {
        switch payload {
        case .inInput(let range): input.extracting(range)
        case .assembled(let bytes): unsafe _overrideLifetime(bytes.rawSpan, borrowing: self)
        }
    }

    /// How many bytes the message has.
    package var byteCount: Int {
        switch payload {
        case .inInput(let range): range.count
        case .assembled(let bytes): bytes.count
        }
    }
}
