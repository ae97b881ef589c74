internal import Bytes

/// Starts a session on a channel (part 2, section 2.7.2).
package struct Begin: Hashable, Sendable {
    static let fieldCount = 8

    /// The channel of the session that this one answers.
    package var remoteChannel: UInt16?
    /// The number of the first transfer this end will send.
    package var nextOutgoingID: UInt32
    /// How many transfers this end takes.
    package var incomingWindow: UInt32
    /// How many transfers this end may have under way.
    package var outgoingWindow: UInt32
    /// The highest handle this end takes.
    package var handleMax: UInt32 = .max
    /// What this end can do beyond the standard.
    package var offeredCapabilities: [Symbol] = []
    /// What this end would like the other to do.
    package var desiredCapabilities: [Symbol] = []
    /// Anything more about the session.
    package var properties: AMQPMap?

    /// A beginning with these windows.
    package init(nextOutgoingID: UInt32, incomingWindow: UInt32, outgoingWindow: UInt32) {
        self.nextOutgoingID = nextOutgoingID
        self.incomingWindow = incomingWindow
        self.outgoingWindow = outgoingWindow
    }

    init(_ fields: inout FieldReader) throws(DecodeError) {
        remoteChannel = try fields.ushort()
        nextOutgoingID = try fields.require(try fields.uint())
        incomingWindow = try fields.require(try fields.uint())
        outgoingWindow = try fields.require(try fields.uint())
        handleMax = try fields.uint() ?? .max
        offeredCapabilities = try fields.symbols()
        desiredCapabilities = try fields.symbols()
        properties = try fields.map()
    }

    func write(to writer: inout ValueWriter) {
        writer.append(descriptor: Descriptor.begin.rawValue)
        let list = writer.beginCompound()
        writer.append(ushort: remoteChannel)
        writer.append(uint: nextOutgoingID)
        writer.append(uint: incomingWindow)
        writer.append(uint: outgoingWindow)
        writer.append(uint: handleMax)
        writer.append(symbols: offeredCapabilities)
        writer.append(symbols: desiredCapabilities)
        writer.append(map: properties)
        writer.endList(list, count: Self.fieldCount)
    }
}
