package import Bytes

/// The properties that the standard gives a message (part 3, section 3.2.4).
package struct MessageProperties: Hashable, Sendable {
    static let fieldCount = 13

    /// What tells the message from others: a `ulong`, a `uuid`, a binary or a string.
    package var messageID: AMQPValue?
    /// Who made the message.
    package var userID: [UInt8]?
    /// Where the message goes to.
    package var to: String?
    /// What the message is about.
    package var subject: String?
    /// Where answers go to.
    package var replyTo: String?
    /// The message that this one answers, by an identifier of the same type.
    package var correlationID: AMQPValue?
    /// The MIME type of the body.
    package var contentType: Symbol?
    /// What was done to the body after that.
    package var contentEncoding: Symbol?
    /// When the message is worthless, in milliseconds since 1970.
    package var absoluteExpiryTime: Int64?
    /// When the message was made, in milliseconds since 1970.
    package var creationTime: Int64?
    /// The group the message belongs to.
    package var groupID: String?
    /// The message's place in its group.
    package var groupSequence: UInt32?
    /// The group that answers belong to.
    package var replyToGroupID: String?

    /// No properties.
    package init() {}

    /// Reads the section's value, which is a list. Fields of identifiers may have any type.
    package init(_ reader: inout ValueReader) throws(DecodeError) {
        let start = reader.position
        guard var fields = try reader.list() else { throw .badValue(position: start) }
        messageID = try fields.value().nonNull
        userID = try fields.binary()
        to = try fields.string()
        subject = try fields.string()
        replyTo = try fields.string()
        correlationID = try fields.value().nonNull
        contentType = try fields.symbol()
        contentEncoding = try fields.symbol()
        absoluteExpiryTime = try fields.timestamp()
        creationTime = try fields.timestamp()
        groupID = try fields.string()
        groupSequence = try fields.uint()
        replyToGroupID = try fields.string()
        try fields.skipRest()
    }

    /// Appends the whole section.
    package func write(to writer: inout ValueWriter) {
        writer.append(descriptor: Descriptor.properties.rawValue)
        let list = writer.beginCompound()
        writer.append(messageID ?? .null)
        writer.append(binary: userID)
        writer.append(string: to)
        writer.append(string: subject)
        writer.append(string: replyTo)
        writer.append(correlationID ?? .null)
        writer.append(symbol: contentType)
        writer.append(symbol: contentEncoding)
        writer.append(timestamp: absoluteExpiryTime)
        writer.append(timestamp: creationTime)
        writer.append(string: groupID)
        writer.append(uint: groupSequence)
        writer.append(string: replyToGroupID)
        writer.endList(list, count: Self.fieldCount)
    }
}

extension AMQPValue? {
    var nonNull: AMQPValue? { self == .null ? nil : self }
}
