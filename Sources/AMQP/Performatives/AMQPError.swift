internal import Bytes

/// Why a connection, a session, a link or a delivery came to a bad end, as it is told to the peer.
/// (part 2, section 2.8.14)
package struct AMQPError: Error, Hashable, Sendable {
    /// What kind of trouble. Programs decide by this.
    package var condition: Symbol
    /// What happened, for people.
    package var description: String?
    /// Anything more.
    package var info: AMQPMap

    /// An error to tell a peer.
    package init(_ condition: Symbol, _ description: String?, info: AMQPMap = AMQPMap()) {
        self.condition = condition
        self.description = description
        self.info = info
    }
}

extension AMQPError {
    /// Condition and description on a line.
    package var text: String { description.map { "\(condition): \($0)" } ?? condition.text }
}

/// The conditions that the standard names (part 2, sections 2.8.15 to 2.8.18).
extension Symbol {
    /// Something went wrong here that is not the peer's fault.
    package static let internalError: Symbol = "amqp:internal-error"
    /// There is no such address.
    package static let notFound: Symbol = "amqp:not-found"
    /// The peer may not do this.
    package static let unauthorizedAccess: Symbol = "amqp:unauthorized-access"
    /// Bytes that cannot be read.
    package static let decodeError: Symbol = "amqp:decode-error"
    /// More than the peer may have at once.
    package static let resourceLimitExceeded: Symbol = "amqp:resource-limit-exceeded"
    /// The peer tried what is forbidden.
    package static let notAllowed: Symbol = "amqp:not-allowed"
    /// A field holds what it may not hold.
    package static let invalidField: Symbol = "amqp:invalid-field"
    /// Something the standard has and this does not.
    package static let notImplemented: Symbol = "amqp:not-implemented"
    /// The frame does not fit the state of things.
    package static let illegalState: Symbol = "amqp:illegal-state"
    /// The peer takes only frames that are smaller than what has to be said.
    package static let frameSizeTooSmall: Symbol = "amqp:frame-size-too-small"
    /// The connection ends for a reason outside of it.
    package static let connectionForced: Symbol = "amqp:connection:forced"
    /// Bytes that are no frame.
    package static let framingError: Symbol = "amqp:connection:framing-error"
    /// More transfers than the window allows.
    package static let windowViolation: Symbol = "amqp:session:window-violation"
    /// A handle that is in use.
    package static let handleInUse: Symbol = "amqp:session:handle-in-use"
    /// A handle that nothing is attached to.
    package static let unattachedHandle: Symbol = "amqp:session:unattached-handle"
    /// The link ends for a reason outside of it.
    package static let detachForced: Symbol = "amqp:link:detach-forced"
    /// More deliveries than the credit allows.
    package static let transferLimitExceeded: Symbol = "amqp:link:transfer-limit-exceeded"
    /// A message larger than the link takes.
    package static let messageSizeExceeded: Symbol = "amqp:link:message-size-exceeded"
    /// Another one took the link over.
    package static let linkStolen: Symbol = "amqp:link:stolen"
}

extension AMQPError {
    static let fieldCount = 3

    init(_ reader: inout ValueReader) throws(DecodeError) {
        var fields = try reader.composite(.error)
        condition = try fields.require(try fields.symbol())
        description = try fields.string()
        info = try fields.map() ?? AMQPMap()
        try fields.skipRest()
    }

    func write(to writer: inout ValueWriter) {
        writer.append(descriptor: Descriptor.error.rawValue)
        let list = writer.beginCompound()
        writer.append(symbol: condition)
        writer.append(string: description)
        // WHY: one SDK takes a missing map for a broken frame, and waits until its timeout.
        writer.append(map: info)
        writer.endList(list, count: Self.fieldCount)
    }
}
