internal import Bytes

/// Where the messages of a link go to (part 3, section 3.5.4).
package struct Target: Hashable, Sendable {
    /// The node's name.
    package var address: String?
    /// What of the target outlives the link: 0 nothing, 1 its configuration, 2 unsettled state.
    package var durability: UInt32?
    /// What starts the countdown to the target's end.
    package var expiryPolicy: Symbol?
    /// Seconds of that countdown.
    package var timeout: UInt32?
    /// Whether the peer shall make a node for the link.
    package var isDynamic: Bool?
    /// Properties of a node that is made for the link.
    package var dynamicNodeProperties: AMQPMap?
    /// What the target can do beyond the standard.
    package var capabilities: [Symbol] = []

    /// A target of this name.
    package init(address: String?) { self.address = address }

    init(_ reader: inout ValueReader) throws(DecodeError) {
        var fields = try reader.composite(.target)
        address = try fields.string()
        durability = try fields.uint()
        expiryPolicy = try fields.symbol()
        timeout = try fields.uint()
        isDynamic = try fields.boolean()
        dynamicNodeProperties = try fields.map()
        capabilities = try fields.symbols()
        try fields.skipRest()
    }

    func write(to writer: inout ValueWriter) {
        writer.append(descriptor: Descriptor.target.rawValue)
        let list = writer.beginCompound()
        writer.append(string: address)
        writer.append(uint: durability)
        writer.append(symbol: expiryPolicy)
        writer.append(uint: timeout)
        writer.append(boolean: isDynamic)
        writer.append(map: dynamicNodeProperties)
        writer.append(symbols: capabilities)
        writer.endList(list, count: 7)
    }
}
