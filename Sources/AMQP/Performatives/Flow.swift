internal import Bytes

/// Tells the windows of a session and, with a handle, the credit of a link (part 2, section 2.7.4).
package struct Flow: Hashable, Sendable {
    static let fieldCount = 11

    /// The transfer this end expects next; absent until it has seen the peer's beginning.
    package var nextIncomingID: UInt32?
    /// How many transfers this end takes from there on.
    package var incomingWindow: UInt32
    /// The transfer this end will send next.
    package var nextOutgoingID: UInt32
    /// How many transfers this end may have under way.
    package var outgoingWindow: UInt32
    /// The link that the rest is about.
    package var handle: UInt32?
    /// The sender's count of deliveries, as this end knows it.
    package var deliveryCount: UInt32?
    /// How many deliveries the receiver takes from that count on.
    package var credit: UInt32?
    /// How many more deliveries the sender has.
    package var available: UInt32?
    /// Whether the sender shall use up the credit, with messages or without.
    package var isDraining = false
    /// Whether the other end shall answer with its own state.
    package var wantsEcho = false
    /// Anything more about the link.
    package var properties: AMQPMap?

    /// The state of a session.
    package init(incomingWindow: UInt32, nextOutgoingID: UInt32, outgoingWindow: UInt32) {
        self.incomingWindow = incomingWindow
        self.nextOutgoingID = nextOutgoingID
        self.outgoingWindow = outgoingWindow
    }

    init(_ fields: inout FieldReader) throws(DecodeError) {
        nextIncomingID = try fields.uint()
        incomingWindow = try fields.require(try fields.uint())
        nextOutgoingID = try fields.require(try fields.uint())
        outgoingWindow = try fields.require(try fields.uint())
        handle = try fields.uint()
        deliveryCount = try fields.uint()
        credit = try fields.uint()
        available = try fields.uint()
        isDraining = try fields.boolean() ?? false
        wantsEcho = try fields.boolean() ?? false
        properties = try fields.map()
    }

    func write(to writer: inout ValueWriter) {
        writer.append(descriptor: Descriptor.flow.rawValue)
        let list = writer.beginCompound()
        writer.append(uint: nextIncomingID)
        writer.append(uint: incomingWindow)
        writer.append(uint: nextOutgoingID)
        writer.append(uint: outgoingWindow)
        writer.append(uint: handle)
        writer.append(uint: deliveryCount)
        writer.append(uint: credit)
        writer.append(uint: available)
        writer.append(boolean: isDraining)
        writer.append(boolean: wantsEcho)
        writer.append(map: properties)
        writer.endList(list, count: Self.fieldCount)
    }
}
