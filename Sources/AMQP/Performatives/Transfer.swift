internal import Bytes

/// Carries a message or a part of one; the payload follows it in the frame (part 2, section 2.7.5).
package struct Transfer: Hashable, Sendable {
    static let fieldCount = 11

    /// The link.
    package var handle: UInt32
    /// The delivery's number in the session; given with its first frame.
    package var deliveryID: UInt32?
    /// Where the delivery's tag lies in the bytes the frame was read from; it has up to 32 bytes.
    package var tag: Range<Int>?
    /// How the message is laid out; given with the delivery's first frame.
    package var messageFormat: UInt32?
    /// Whether the sender waits for no outcome.
    package var isSettled: Bool?
    /// Whether more frames of this delivery follow.
    package var hasMore = false
    /// Who is the last to know the outcome, if this delivery differs from its link.
    package var receiverSettleMode: ReceiverSettleMode?
    /// The state of the delivery as the sender sees it.
    package var state: DeliveryState?
    /// Whether this goes on with a delivery of an earlier life of the link.
    package var isResuming = false
    /// Whether the delivery shall be forgotten.
    package var isAborted = false
    /// Whether outcomes may be told together.
    package var isBatchable = false

    /// A transfer on this link without anything optional.
    package init(handle: UInt32) { self.handle = handle }

    init(_ fields: inout FieldReader) throws(DecodeError) {
        handle = try fields.require(try fields.uint())
        deliveryID = try fields.uint()
        tag = try fields.binaryRange()
        messageFormat = try fields.uint()
        isSettled = try fields.boolean()
        hasMore = try fields.boolean() ?? false
        if let number = try fields.ubyte() {
            receiverSettleMode = try fields.require(ReceiverSettleMode(rawValue: number))
        }
        state = try fields.deliveryState()
        isResuming = try fields.boolean() ?? false
        isAborted = try fields.boolean() ?? false
        isBatchable = try fields.boolean() ?? false
        if let tag, tag.count > 32 { throw .badLength(position: tag.lowerBound) }
    }

    /// Reads what is behind a transfer's descriptor; the reader then stands at the payload.
    init(list reader: inout ValueReader) throws(DecodeError) {
        let start = reader.position
        guard var fields = try reader.list() else { throw .badValue(position: start) }
        try self.init(&fields)
        try fields.skipRest()
    }

    /// Appends the transfer with `tag` in place of the range, which only a reader can know.
    func write(to writer: inout ValueWriter, tag: [UInt8]?) {
        writer.append(descriptor: Descriptor.transfer.rawValue)
        let list = writer.beginCompound()
        writer.append(uint: handle)
        writer.append(uint: deliveryID)
        writer.append(binary: tag)
        writer.append(uint: messageFormat)
        writer.append(boolean: isSettled)
        writer.append(boolean: hasMore)
        writer.append(ubyte: receiverSettleMode?.rawValue)
        writer.append(state: state)
        writer.append(boolean: isResuming)
        writer.append(boolean: isAborted)
        writer.append(boolean: isBatchable)
        writer.endList(list, count: Self.fieldCount)
    }
}
