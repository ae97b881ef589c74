internal import Bytes

/// Which end of a link somebody is.
package enum LinkRole: Sendable, Hashable {
    /// It sends messages.
    case sender
    /// It takes messages.
    case receiver

    /// The role of the other end.
    package var opposite: LinkRole { self == .sender ? .receiver : .sender }
}

/// Whether a sender waits to hear what became of its deliveries (part 2, section 2.8.2).
package enum SenderSettleMode: UInt8, Sendable, Hashable {
    /// It does.
    case unsettled = 0
    /// It does not.
    case settled = 1
    /// It says so with every delivery.
    case mixed = 2
}

/// Who is the last to hear what became of a delivery (part 2, section 2.8.3).
package enum ReceiverSettleMode: UInt8, Sendable, Hashable {
    /// The receiver settles as it decides.
    case first = 0
    /// The receiver settles after the sender has.
    case second = 1
}

/// Starts a link (part 2, section 2.7.3).
package struct Attach: Hashable, Sendable {
    static let fieldCount = 14

    /// The link's name; the answer has the same.
    package var name: String
    /// What stands for the link in later frames.
    package var handle: UInt32
    /// The role of whoever sends this.
    package var role: LinkRole
    /// Whether the sender waits for outcomes.
    package var senderSettleMode: SenderSettleMode = .mixed
    /// Who is the last to know an outcome.
    package var receiverSettleMode: ReceiverSettleMode = .first
    /// Where messages come from.
    package var source: Source?
    /// Where messages go to.
    package var target: Target?
    /// Whether the target is the coordinator of transactions, which `target` then leaves out.
    package var isForTransactions = false
    /// Deliveries that an earlier life of the link left open.
    package var unsettled: AMQPMap?
    /// Whether those are not all.
    package var isUnsettledIncomplete: Bool?
    /// The sender's count of deliveries as the link starts.
    package var initialDeliveryCount: UInt32?
    /// The largest message this end takes; `nil` and 0 mean any.
    package var messageByteCountMax: UInt64?
    /// What this end can do beyond the standard.
    package var offeredCapabilities: [Symbol] = []
    /// What this end would like the other to do.
    package var desiredCapabilities: [Symbol] = []
    /// Anything more about the link.
    package var properties: AMQPMap?

    /// An attachment without anything optional.
    package init(name: String, handle: UInt32, role: LinkRole) {
        self.name = name
        self.handle = handle
        self.role = role
    }
}

extension Attach {
    init(_ fields: inout FieldReader) throws(DecodeError) {
        name = try fields.require(try fields.string())
        handle = try fields.require(try fields.uint())
        role = try fields.require(try fields.boolean()) ? .receiver : .sender
        senderSettleMode = try fields.senderSettleMode()
        receiverSettleMode = try fields.receiverSettleMode()
        source = try fields.source()
        try readTarget(&fields)
        unsettled = try fields.map()
        isUnsettledIncomplete = try fields.boolean()
        initialDeliveryCount = try fields.uint()
        messageByteCountMax = try fields.ulong()
        offeredCapabilities = try fields.symbols()
        desiredCapabilities = try fields.symbols()
        properties = try fields.map()
    }

    private mutating func readTarget(_ fields: inout FieldReader) throws(DecodeError) {
        guard fields.step(), try !fields.values.isNull() else { return }
        switch try fields.values.peekDescriptor() {
        case .coordinator:
            isForTransactions = true
            try fields.values.skip()
        default: target = try Target(&fields.values)
        }
    }

    func write(to writer: inout ValueWriter) {
        writer.append(descriptor: Descriptor.attach.rawValue)
        let list = writer.beginCompound()
        writer.append(string: name)
        writer.append(uint: handle)
        writer.append(boolean: role == .receiver)
        writer.append(ubyte: senderSettleMode.rawValue)
        writer.append(ubyte: receiverSettleMode.rawValue)
        if let source { source.write(to: &writer) } else { writer.appendNull() }
        if let target { target.write(to: &writer) } else { writer.appendNull() }
        writer.append(map: unsettled)
        writer.append(boolean: isUnsettledIncomplete)
        writer.append(uint: initialDeliveryCount)
        writer.append(ulong: messageByteCountMax)
        writer.append(symbols: offeredCapabilities)
        writer.append(symbols: desiredCapabilities)
        writer.append(map: properties)
        writer.endList(list, count: Self.fieldCount)
    }
}

extension ValueReader {
    /// The descriptor of the next value, which stays unread.
    func peekDescriptor() throws(DecodeError) -> Descriptor {
        var copy = ValueReader(bytes)
        return try copy.descriptor()
    }
}

extension FieldReader {
    mutating func senderSettleMode() throws(DecodeError) -> SenderSettleMode {
        guard let number = try ubyte() else { return .mixed }
        return try require(SenderSettleMode(rawValue: number))
    }

    mutating func receiverSettleMode() throws(DecodeError) -> ReceiverSettleMode {
        guard let number = try ubyte() else { return .first }
        return try require(ReceiverSettleMode(rawValue: number))
    }

    mutating func source() throws(DecodeError) -> Source? {
        guard step(), try !values.isNull() else { return nil }
        return try Source(&values)
    }
}
