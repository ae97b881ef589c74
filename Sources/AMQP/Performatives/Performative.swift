package import Bytes

/// What a frame of a connection says (part 2, section 2.7).
package enum Performative: Hashable, Sendable {
    /// The start of a connection.
    case open(Open)
    /// The start of a session.
    case begin(Begin)
    /// The start of a link.
    case attach(Attach)
    /// Windows of a session, credit of a link.
    case flow(Flow)
    /// A message, or a part of one. The payload is what follows in the frame.
    case transfer(Transfer)
    /// What became of deliveries.
    case disposition(Disposition)
    /// The end of a link.
    case detach(Detach)
    /// The end of a session.
    case end(End)
    /// The end of a connection.
    case close(Close)

    /// Reads a performative; the reader then stands at the payload.
    package init(_ reader: inout ValueReader) throws(DecodeError) {
        try self.init(try reader.descriptor(), &reader)
    }

    /// Reads the performative that a descriptor promised.
    init(_ descriptor: Descriptor, _ reader: inout ValueReader) throws(DecodeError) {
        let start = reader.position
        guard var fields = try reader.list() else { throw .badValue(position: start) }
        switch descriptor {
        case .open: self = .open(try Open(&fields))
        case .begin: self = .begin(try Begin(&fields))
        case .attach: self = .attach(try Attach(&fields))
        case .flow: self = .flow(try Flow(&fields))
        case .transfer: self = .transfer(try Transfer(&fields))
        case .disposition: self = .disposition(try Disposition(&fields))
        case .detach: self = .detach(try Detach(&fields))
        case .end: self = .end(try End(&fields))
        case .close: self = .close(try Close(&fields))
        default: throw .badValue(position: start)
        }
        try fields.skipRest()
    }

    /// Appends the performative, with every field the standard gives it.
    ///
    /// WHY: stacks of SDKs read fields by place, and fail on a list that ends early.
    package func write(to writer: inout ValueWriter, tag: [UInt8]? = nil) {
        switch self {
        case .open(let open): open.write(to: &writer)
        case .begin(let begin): begin.write(to: &writer)
        case .attach(let attach): attach.write(to: &writer)
        case .flow(let flow): flow.write(to: &writer)
        case .transfer(let transfer): transfer.write(to: &writer, tag: tag)
        case .disposition(let disposition): disposition.write(to: &writer)
        case .detach(let detach): detach.write(to: &writer)
        case .end(let end): end.write(to: &writer)
        case .close(let close): close.write(to: &writer)
        }
    }
}
