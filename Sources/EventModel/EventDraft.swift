internal import AMQP
internal import Bytes
package import StreamModel

/// An event that somebody without AMQP sends, such as an HTTP client.
package struct EventDraft: Hashable, Sendable {
    /// A value of an application property.
    package enum Property: Hashable, Sendable {
        /// Text.
        case string(String)
        /// An integer, sent as `int` if it fits one and as `long` otherwise.
        case integer(Int64)
        /// A floating point number.
        case double(Double)
        /// True or false.
        case boolean(Bool)
    }

    /// The content of the event.
    package var body: [UInt8]
    /// What its events are kept together by.
    package var partitionKey: String?
    /// What the application says of it, in order.
    package var properties: [(name: String, value: Property)] = []

    /// An event with this content.
    package init(body: [UInt8], partitionKey: String? = nil) {
        self.body = body
        self.partitionKey = partitionKey
    }

    /// The event as it would be stored if an Azure SDK had sent it.
    package func record(at time: Timestamp) -> Record {
        guard partitionKey != nil || !properties.isEmpty else {
            return Record(value: body, timestamp: time)
        }
        var flags: [UInt8] = [0]
        if let partitionKey {
            var writer = ValueWriter()
            writer.append(descriptor: MessageSection.Kind.messageAnnotations.rawValue)
            writer.append(
                map: AMQPMap([
                    AMQPMap.Pair(
                        .symbol(Symbol(Annotation.partitionKey.name)), .string(partitionKey))
                ]))
            flags += writer.bytes.bytes
        }
        if !properties.isEmpty { flags[0] = EventLayout.hasProperties.rawValue }
        let headers = properties.map { property in
            Record.Header(name: property.name, value: property.value.encoded)
        }
        return Record(
            key: partitionKey.map { Array($0.utf8) }, value: body,
            headers: [Record.Header(name: EventLayout.headerName, value: flags)] + headers,
            timestamp: time)
    }

    /// Whether two drafts would be stored as the same record.
    package static func == (left: EventDraft, right: EventDraft) -> Bool {
        left.body == right.body && left.partitionKey == right.partitionKey
            && left.properties.elementsEqual(right.properties) { $0 == $1 }
    }

    /// Equal drafts hash alike.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(body)
        hasher.combine(partitionKey)
    }
}

extension EventDraft.Property {
    fileprivate var encoded: [UInt8] {
        var writer = ValueWriter()
        switch self {
        case .string(let text): writer.append(string: text)
        case .integer(let value):
            if let small = Int32(exactly: value) {
                writer.append(int: small)
            } else {
                writer.append(long: value)
            }
        case .double(let value): writer.append(.double(value))
        case .boolean(let value): writer.append(boolean: value)
        }
        return writer.bytes.bytes
    }
}
