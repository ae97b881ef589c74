package import Bytes

/// What describes the lists that the standard gives a meaning to: the number, and the name that
/// may stand in its place.
@usableFromInline
package enum Descriptor: UInt8, Sendable, CaseIterable {
    /// The start of a connection.
    case open = 0x10
    /// The start of a session.
    case begin = 0x11
    /// The start of a link.
    case attach = 0x12
    /// Windows of a session, credit of a link.
    case flow = 0x13
    /// A message, or a part of one.
    case transfer = 0x14
    /// What became of deliveries.
    case disposition = 0x15
    /// The end of a link.
    case detach = 0x16
    /// The end of a session.
    case end = 0x17
    /// The end of a connection.
    case close = 0x18
    /// A reason for a bad end.
    case error = 0x1D
    /// The state of a delivery that is under way.
    case received = 0x23
    /// The outcome of a delivery that arrived.
    case accepted = 0x24
    /// The outcome of a delivery that is not wanted.
    case rejected = 0x25
    /// The outcome of a delivery that was given back.
    case released = 0x26
    /// The outcome of a delivery that was given back with a change.
    case modified = 0x27
    /// Where a link's messages come from.
    case source = 0x28
    /// Where a link's messages go to.
    case target = 0x29
    /// The target of those who control transactions.
    case coordinator = 0x30
    /// The state of a transaction that was declared.
    case declared = 0x33
    /// The state of a delivery inside a transaction.
    case transactionalState = 0x34
    /// The server's mechanisms.
    case saslMechanisms = 0x40
    /// The client's choice.
    case saslInit = 0x41
    /// The server's question.
    case saslChallenge = 0x42
    /// The client's answer.
    case saslResponse = 0x43
    /// The server's verdict.
    case saslOutcome = 0x44
    /// How a message is to be delivered.
    case header = 0x70
    /// Notes for this delivery.
    case deliveryAnnotations = 0x71
    /// Notes for the message's whole way.
    case messageAnnotations = 0x72
    /// The standard's properties of a message.
    case properties = 0x73
    /// The application's properties of a message.
    case applicationProperties = 0x74
    /// A body of bytes.
    case data = 0x75
    /// A body of lists.
    case sequence = 0x76
    /// A body of one value.
    case value = 0x77
    /// What comes after the body.
    case footer = 0x78

    var name: StaticString {
        switch self {
        case .open: "amqp:open:list"
        case .begin: "amqp:begin:list"
        case .attach: "amqp:attach:list"
        case .flow: "amqp:flow:list"
        case .transfer: "amqp:transfer:list"
        case .disposition: "amqp:disposition:list"
        case .detach: "amqp:detach:list"
        case .end: "amqp:end:list"
        case .close: "amqp:close:list"
        case .error: "amqp:error:list"
        case .received: "amqp:received:list"
        case .accepted: "amqp:accepted:list"
        case .rejected: "amqp:rejected:list"
        case .released: "amqp:released:list"
        case .modified: "amqp:modified:list"
        case .source: "amqp:source:list"
        case .target: "amqp:target:list"
        case .coordinator: "amqp:coordinator:list"
        case .declared: "amqp:declared:list"
        case .transactionalState: "amqp:transactional-state:list"
        case .saslMechanisms: "amqp:sasl-mechanisms:list"
        case .saslInit: "amqp:sasl-init:list"
        case .saslChallenge: "amqp:sasl-challenge:list"
        case .saslResponse: "amqp:sasl-response:list"
        case .saslOutcome: "amqp:sasl-outcome:list"
        case .header: "amqp:header:list"
        case .deliveryAnnotations: "amqp:delivery-annotations:map"
        case .messageAnnotations: "amqp:message-annotations:map"
        case .properties: "amqp:properties:list"
        case .applicationProperties: "amqp:application-properties:map"
        case .data: "amqp:data:binary"
        case .sequence: "amqp:amqp-sequence:list"
        case .value: "amqp:amqp-value:*"
        case .footer: "amqp:footer:map"
        }
    }

    /// The descriptor of this name.
    init?(name: RawSpan) {
        guard let found = Self.allCases.first(where: { name.equals($0.name) }) else { return nil }
        self = found
    }
}

extension ValueReader {
    /// The descriptor in front of a value, by number in any encoding or by name.
    ///
    /// Throws when there is none, or one that the standard does not have.
    package mutating func descriptor() throws(DecodeError) -> Descriptor {
        let start = position
        // WHY: all stacks send this form, and it is read once or twice for every frame.
        if try takesShortDescriptor() {
            guard let found = Descriptor(rawValue: try bytes.byte()) else {
                throw .badValue(position: start)
            }
            return found
        }
        guard try code() == .described else { throw .badValue(position: start) }
        if let found = try descriptorContent() { return found }
        throw .badValue(position: start)
    }

    private mutating func descriptorContent() throws(DecodeError) -> Descriptor? {
        switch try FormatCode(rawValue: bytes.peek()) {
        case .symbol8, .symbol32:
            guard let name = try textSpan() else { return nil }
            return Descriptor(name: name)
        default:
            guard let number = try ulong() else { return nil }
            return UInt8(exactly: number).flatMap { Descriptor(rawValue: $0) }
        }
    }

    /// The fields of a list that has this descriptor. The reader then stands behind the list.
    @_lifetime(copy self)
    mutating func composite(_ expected: Descriptor) throws(DecodeError) -> FieldReader {
        let start = position
        guard try descriptor() == expected, let fields = try list() else {
            throw .badValue(position: start)
        }
        return fields
    }
}

extension RawSpan {
    /// Whether the bytes are those of a constant text.
    package func equals(_ text: StaticString) -> Bool {
        guard byteCount == text.utf8CodeUnitCount else { return false }
        // SAFETY: a constant text lives for ever and is as long as it says; the span is only lent.
        return unsafe withUnsafeBytes { mine in
            text.withUTF8Buffer { theirs in unsafe mine.elementsEqual(theirs) }
        }
    }
}
