internal import Bytes

/// Tells what became of a range of deliveries (part 2, section 2.7.6).
package struct Disposition: Hashable, Sendable {
    static let fieldCount = 6

    /// The role of whoever sends this, in the links that the deliveries came over.
    package var role: LinkRole
    /// The first delivery.
    package var first: UInt32
    /// The last delivery; absent when it is the first.
    package var last: UInt32?
    /// Whether this end has forgotten the deliveries.
    package var isSettled = false
    /// What became of them.
    package var state: DeliveryState?
    /// Whether the answer may be put off and told together with others.
    package var isBatchable = false

    /// The fate of one delivery.
    package init(role: LinkRole, first: UInt32) {
        self.role = role
        self.first = first
    }

    init(_ fields: inout FieldReader) throws(DecodeError) {
        role = try fields.require(try fields.boolean()) ? .receiver : .sender
        first = try fields.require(try fields.uint())
        last = try fields.uint()
        isSettled = try fields.boolean() ?? false
        state = try fields.deliveryState()
        isBatchable = try fields.boolean() ?? false
    }

    func write(to writer: inout ValueWriter) {
        writer.append(descriptor: Descriptor.disposition.rawValue)
        let list = writer.beginCompound()
        writer.append(boolean: role == .receiver)
        writer.append(uint: first)
        writer.append(uint: last)
        writer.append(boolean: isSettled)
        writer.append(state: state)
        writer.append(boolean: isBatchable)
        writer.endList(list, count: Self.fieldCount)
    }
}
