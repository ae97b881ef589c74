internal import Access
internal import DeltaTable
internal import EventModel

/// How the REST API spells an event.
///
/// Types of properties are those that Event Hubs infers: boolean, int, long, double, else text.
enum RestEvent {
    /// The value of a header, which is always text there.
    static func property(inferring text: String) -> EventDraft.Property {
        // Quotes say that it is text.
        if text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") {
            return .string(String(text.dropFirst().dropLast()))
        }
        switch text {
        case "true", "True": return .boolean(true)
        case "false", "False": return .boolean(false)
        default: return number(text) ?? .string(text)
        }
    }

    /// The value of a member of `UserProperties`; nil for objects, arrays and null.
    static func property(_ json: JSON) -> EventDraft.Property? {
        switch json {
        case .string(let text): .string(text)
        case .bool(let value): .boolean(value)
        case .number(let text): number(text)
        case .null, .array, .object: nil
        }
    }

    private static func number(_ text: String) -> EventDraft.Property? {
        // WHY: "inf", "nan" and hexadecimal floats are words here, not numbers.
        guard text.utf8.allSatisfy({ "+-.eE0123456789".utf8.contains($0) }) else { return nil }
        return Int64(text).map { .integer($0) } ?? Double(text).map { .double($0) }
    }
}

/// The two forms of a request's body.
extension RestEvent {
    /// The content type of a batch.
    static let batchType = "application/vnd.microsoft.servicebus.json"

    /// One event: the body is its body, and what it is called stands in the headers.
    static func single(
        body: [UInt8], brokerProperties: String?, headers: [(name: String, value: String)]
    ) throws(RestError) -> EventDraft {
        var event = EventDraft(body: body)
        event.properties = headers.filter { !Self.isOfHTTP($0.name) }
            .map { (name: $0.name, value: property(inferring: $0.value)) }
        guard let brokerProperties else { return event }
        guard let json = try? JSON(parsing: brokerProperties), json.members != nil else {
            throw .malformed(.brokerProperties)
        }
        event.partitionKey = json["PartitionKey"]?.text
        return event
    }

    /// All events of a batch, in order.
    static func batch(_ bytes: [UInt8]) throws(RestError) -> [EventDraft] {
        let json: JSON
        do throws(JSONError) {
            json = try JSON(parsing: bytes[...])
        } catch {
            throw .malformed(.batch(position: error.position))
        }
        guard let elements = json.elements else { throw .malformed(.batch(position: 0)) }
        guard !elements.isEmpty else { throw .malformed(.noEvents) }
        var events: [EventDraft] = []
        for (index, element) in elements.enumerated() {
            guard let event = event(element) else { throw .malformed(.event(index)) }
            events.append(event)
        }
        return events
    }

    private static func event(_ json: JSON) -> EventDraft? {
        guard let text = json["Body"]?.text else { return nil }
        var event = EventDraft(body: Array(text.utf8))
        if json["IsBodyBase64"]?.bool == true {
            guard let decoded = Base64.decode(text) else { return nil }
            event.body = decoded
        }
        for member in json["UserProperties"]?.members ?? [] {
            guard let value = property(member.value) else { return nil }
            event.properties.append((name: member.name, value: value))
        }
        event.partitionKey = json["BrokerProperties"]?["PartitionKey"]?.text
        return event
    }

    /// Whether a header belongs to the request and not to the event.
    private static func isOfHTTP(_ name: String) -> Bool {
        let name = name.lowercased()
        return Self.httpNames.contains(name) || name.hasPrefix("accept") || name.hasPrefix("x-ms-")
            || name.hasPrefix("sec-")
    }

    private static let httpNames: Set = [
        "authorization", "brokerproperties", "cache-control", "connection", "content-encoding",
        "content-length", "content-type", "cookie", "date", "expect", "host", "keep-alive",
        "origin", "pragma", "referer", "te", "traceparent", "tracestate", "trailer",
        "transfer-encoding", "upgrade", "user-agent", "via",
    ]
}
