internal import AMQP
internal import Bytes

/// The nodes that answer requests: a link pair each, one for requests and one for answers.
enum RequestNode: Hashable, Sendable {
    /// `$cbs`
    case tokens
    /// `$management`
    case management
}

/// A request on such a node.
struct RequestMessage: Sendable {
    /// Comes back with the answer, of the same type.
    let messageID: AMQPValue?
    /// The address of the link that wants the answer; Python's SDK leaves it out.
    let replyTo: String?
    let properties: AMQPMap
    let body: AMQPMessage.Body

    init(_ bytes: RawSpan) throws(DecodeError) {
        let message = try AMQPMessage(bytes)
        messageID = message.properties?.messageID
        replyTo = message.properties?.replyTo
        properties = message.applicationProperties ?? AMQPMap()
        body = message.body
    }

    /// The text of an application property.
    func text(_ name: String) -> String? { properties[string: name]?.text }
}

/// The answer to a request.
struct RequestAnswer: Sendable {
    let correlationID: AMQPValue?
    let status: Int32
    let description: String
    let body: AMQPValue
    var condition: Symbol?

    init(
        to request: RequestMessage, status: Int32, _ description: String, body: AMQPValue = .null
    ) {
        correlationID = request.messageID
        self.status = status
        self.description = description
        self.body = body
    }

    init(to request: RequestMessage, refusal: AMQPError) {
        correlationID = request.messageID
        status = Condition.status(of: refusal)
        description = refusal.description ?? refusal.condition.text
        body = .null
        condition = refusal.condition
    }

    /// The message. The status is an `int`: SDKs of two languages accept nothing else.
    func write(to writer: inout ValueWriter) {
        var message = AMQPMessage(body: .value(body))
        var properties = MessageProperties()
        properties.correlationID = correlationID
        message.properties = properties
        var pairs: [AMQPMap.Pair] = [
            .init(.string("status-code"), .int(status)),
            .init(.string("status-description"), .string(description)),
            // Python's SDK looks for the text of a failed read under this name alone.
            .init(.string("statusDescription"), .string(description)),
        ]
        if let condition { pairs.append(.init(.string("errorCondition"), .symbol(condition))) }
        message.applicationProperties = AMQPMap(pairs)
        message.write(to: &writer)
    }
}
