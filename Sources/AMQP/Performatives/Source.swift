internal import Bytes

/// Where the messages of a link come from (part 3, section 3.5.3).
package struct Source: Hashable, Sendable {
    /// The node's name.
    package var address: String?
    /// What of the source outlives the link: 0 nothing, 1 its configuration, 2 unsettled state.
    package var durability: UInt32?
    /// What starts the countdown to the source's end.
    package var expiryPolicy: Symbol?
    /// Seconds of that countdown.
    package var timeout: UInt32?
    /// Whether the peer shall make a node for the link.
    package var isDynamic: Bool?
    /// Properties of a node that is made for the link.
    package var dynamicNodeProperties: AMQPMap?
    /// Whether messages move to the link or are copied.
    package var distributionMode: Symbol?
    /// Which messages the link wants: names with described values.
    package var filter: AMQPMap?
    /// What becomes of deliveries that nobody decides on.
    package var defaultOutcome: DeliveryState?
    /// The outcomes that can be chosen.
    package var outcomes: [Symbol] = []
    /// What the source can do beyond the standard.
    package var capabilities: [Symbol] = []

    /// A source of this name.
    package init(address: String?) { self.address = address }

    init(_ reader: inout ValueReader) throws(DecodeError) {
        var fields = try reader.composite(.source)
        address = try fields.string()
        durability = try fields.uint()
        expiryPolicy = try fields.symbol()
        timeout = try fields.uint()
        isDynamic = try fields.boolean()
        dynamicNodeProperties = try fields.map()
        distributionMode = try fields.symbol()
        filter = try fields.map()
        defaultOutcome = try fields.deliveryState()
        outcomes = try fields.symbols()
        capabilities = try fields.symbols()
        try fields.skipRest()
    }

    func write(to writer: inout ValueWriter) {
        writer.append(descriptor: Descriptor.source.rawValue)
        let list = writer.beginCompound()
        writer.append(string: address)
        writer.append(uint: durability)
        writer.append(symbol: expiryPolicy)
        writer.append(uint: timeout)
        writer.append(boolean: isDynamic)
        writer.append(map: dynamicNodeProperties)
        writer.append(symbol: distributionMode)
        writer.append(map: filter)
        writer.append(state: defaultOutcome)
        writer.append(symbols: outcomes)
        writer.append(symbols: capabilities)
        writer.endList(list, count: 11)
    }
}
