internal import Bytes

/// Starts a connection and says what this end can take (part 2, section 2.7.1).
package struct Open: Hashable, Sendable {
    static let fieldCount = 10

    /// The name of this end.
    package var containerID: String
    /// Whom the client wants to talk to.
    package var hostname: String?
    /// The largest frame this end takes. At least 512.
    package var frameByteCountMax: UInt32 = .max
    /// The highest channel this end takes.
    package var channelMax: UInt16 = .max
    /// After how many milliseconds without a frame this end gives up.
    package var idleTimeout: UInt32?
    /// Languages for descriptions that this end writes.
    package var outgoingLocales: [Symbol] = []
    /// Languages for descriptions that this end reads.
    package var incomingLocales: [Symbol] = []
    /// What this end can do beyond the standard.
    package var offeredCapabilities: [Symbol] = []
    /// What this end would like the other to do.
    package var desiredCapabilities: [Symbol] = []
    /// Anything more about this end.
    package var properties: AMQPMap?

    /// An opening of a container of this name.
    package init(containerID: String) { self.containerID = containerID }

    init(_ fields: inout FieldReader) throws(DecodeError) {
        containerID = try fields.require(try fields.string())
        hostname = try fields.string()
        frameByteCountMax = try fields.uint() ?? .max
        channelMax = try fields.ushort() ?? .max
        idleTimeout = try fields.uint()
        outgoingLocales = try fields.symbols()
        incomingLocales = try fields.symbols()
        offeredCapabilities = try fields.symbols()
        desiredCapabilities = try fields.symbols()
        properties = try fields.map()
    }

    func write(to writer: inout ValueWriter) {
        writer.append(descriptor: Descriptor.open.rawValue)
        let list = writer.beginCompound()
        writer.append(string: containerID)
        writer.append(string: hostname)
        writer.append(uint: frameByteCountMax)
        writer.append(ushort: channelMax)
        writer.append(uint: idleTimeout)
        writer.append(symbols: outgoingLocales)
        writer.append(symbols: incomingLocales)
        writer.append(symbols: offeredCapabilities)
        writer.append(symbols: desiredCapabilities)
        writer.append(map: properties)
        writer.endList(list, count: Self.fieldCount)
    }
}
