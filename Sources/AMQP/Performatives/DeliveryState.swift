internal import Bytes

/// What is, or was, to become of a delivery (part 3, section 3.4).
package enum DeliveryState: Hashable, Sendable {
    /// It is under way, up to this place.
    case received(section: UInt32, offset: UInt64)
    /// It arrived, and its sender may forget it.
    case accepted
    /// It will never be taken.
    case rejected(AMQPError?)
    /// It was not looked at.
    case released
    /// It was not taken, and counts as tried.
    case modified(Modification)
    /// It belongs to a transaction, which nobody here takes part in.
    case transactional
}

/// How a delivery that was given back has changed.
package struct Modification: Hashable, Sendable {
    /// It counts as an attempt.
    package var hasFailed: Bool?
    /// It shall not come back to the same link.
    package var isUndeliverableHere: Bool?
    /// Annotations that replace those of the message.
    package var annotations: AMQPMap?

    /// A modification with these facts.
    package init(
        hasFailed: Bool? = nil, isUndeliverableHere: Bool? = nil, annotations: AMQPMap? = nil
    ) {
        self.hasFailed = hasFailed
        self.isUndeliverableHere = isUndeliverableHere
        self.annotations = annotations
    }
}

extension DeliveryState {
    /// Whether this is an outcome: nothing else can become of the delivery.
    package var isTerminal: Bool {
        switch self {
        case .received, .transactional: false
        case .accepted, .rejected, .released, .modified: true
        }
    }

    init(_ reader: inout ValueReader) throws(DecodeError) {
        let start = reader.position
        let descriptor = try reader.descriptor()
        guard var fields = try reader.list() else { throw .badValue(position: start) }
        switch descriptor {
        case .accepted: self = .accepted
        case .released: self = .released
        case .declared, .transactionalState:
            self = .transactional
        case .rejected: self = .rejected(try fields.error())
        case .received:
            let section = try fields.require(try fields.uint())
            self = .received(section: section, offset: try fields.require(try fields.ulong()))
        case .modified:
            self = .modified(
                Modification(
                    hasFailed: try fields.boolean(), isUndeliverableHere: try fields.boolean(),
                    annotations: try fields.map()))
        default: throw .badValue(position: start)
        }
        try fields.skipRest()
    }

    func write(to writer: inout ValueWriter) {
        switch self {
        case .accepted: writer.appendEmpty(.accepted)
        case .released: writer.appendEmpty(.released)
        case .rejected(let error):
            writer.append(descriptor: Descriptor.rejected.rawValue)
            let list = writer.beginCompound()
            writer.append(error: error)
            writer.endList(list, count: 1)
        case .received(let section, let offset):
            writer.append(descriptor: Descriptor.received.rawValue)
            let list = writer.beginCompound()
            writer.append(uint: section)
            writer.append(ulong: offset)
            writer.endList(list, count: 2)
        case .modified(let change):
            writer.append(descriptor: Descriptor.modified.rawValue)
            let list = writer.beginCompound()
            writer.append(boolean: change.hasFailed)
            writer.append(boolean: change.isUndeliverableHere)
            writer.append(map: change.annotations)
            writer.endList(list, count: 3)
        case .transactional: writer.appendNull()  // Nobody here takes part in one.
        }
    }
}

extension FieldReader {
    /// A field that is null or an error.
    mutating func error() throws(DecodeError) -> AMQPError? {
        guard step(), try !values.isNull() else { return nil }
        return try AMQPError(&values)
    }

    /// A field that is null or the state of a delivery.
    mutating func deliveryState() throws(DecodeError) -> DeliveryState? {
        guard step(), try !values.isNull() else { return nil }
        return try DeliveryState(&values)
    }
}

extension ValueWriter {
    /// A described list without fields.
    mutating func appendEmpty(_ descriptor: Descriptor) {
        append(descriptor: descriptor.rawValue)
        append(code: .list0)
    }

    /// An error, or null.
    mutating func append(error: AMQPError?) {
        guard let error else { return appendNull() }
        error.write(to: &self)
    }

    /// The state of a delivery, or null.
    mutating func append(state: DeliveryState?) {
        guard let state else { return appendNull() }
        state.write(to: &self)
    }
}
