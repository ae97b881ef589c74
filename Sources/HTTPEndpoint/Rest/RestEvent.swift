internal import Access
internal import Bytes
internal import DeltaTable
internal import StreamModel

/// An event as the REST API carries it.
struct RestEvent: Equatable {
    var body: [UInt8]
    var properties: [Property] = []
    var partitionKey: String?

    struct Property: Equatable {
        let name: String
        let value: RestValue
    }

    /// The event as it is stored: the key chooses the partition, and each property is a header with
    /// its value as AMQP has it, which is what receivers get.
    func record(at time: Timestamp) -> Record {
        Record(
            key: partitionKey.map { Array($0.utf8) }, value: body,
            headers: properties.map { Record.Header(name: $0.name, value: $0.value.encoded) },
            timestamp: time)
    }
}

/// A property's value, in the few types that Event Hubs infers.
enum RestValue: Equatable {
    case text(String)
    case int(Int32)
    case long(Int64)
    case double(Double)
    case bool(Bool)

    /// The value of a header, which is always text there.
    init(inferring text: String) {
        // Quotes say that it is text.
        if text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") {
            self = .text(String(text.dropFirst().dropLast()))
            return
        }
        switch text {
        case "true", "True": self = .bool(true)
        case "false", "False": self = .bool(false)
        default: self = Self.number(text) ?? .text(text)
        }
    }

    /// The value of a member of `UserProperties`; nil for objects, arrays and null.
    init?(_ json: JSON) {
        switch json {
        case .string(let text): self = .text(text)
        case .bool(let value): self = .bool(value)
        case .number(let text):
            guard let number = Self.number(text) else { return nil }
            self = number
        case .null, .array, .object: return nil
        }
    }

    private static func number(_ text: String) -> RestValue? {
        // WHY: "inf", "nan" and hexadecimal floats are words here, not numbers.
        guard text.utf8.allSatisfy({ "+-.eE0123456789".utf8.contains($0) }) else { return nil }
        if let int = Int32(text) { return .int(int) }
        if let long = Int64(text) { return .long(long) }
        return Double(text).map { .double($0) }
    }

    /// Constructor and value (AMQP 1.0, part 1, section 1.6).
    var encoded: [UInt8] {
        var writer = ByteWriter()
        switch self {
        case .bool(let value): writer.append(value ? 0x41 : 0x42 as UInt8)
        case .int(let value):
            writer.append(0x71 as UInt8)
            writer.append(bigEndian: value)
        case .long(let value):
            writer.append(0x81 as UInt8)
            writer.append(bigEndian: value)
        case .double(let value):
            writer.append(0x82 as UInt8)
            writer.append(bigEndian: value.bitPattern)
        case .text(let text):
            let bytes = Array(text.utf8)
            if let count = UInt8(exactly: bytes.count) {
                writer.append(0xA1 as UInt8)
                writer.append(count)
            } else {
                writer.append(0xB1 as UInt8)
                writer.append(bigEndian: UInt32(clamping: bytes.count))
            }
            writer.append(bytes)
        }
        return writer.bytes
    }
}

/// The two forms of a request's body.
extension RestEvent {
    /// The content type of a batch.
    static let batchType = "application/vnd.microsoft.servicebus.json"

    /// One event: the body is its body, and what it is called stands in the headers.
    init(
        body: [UInt8], brokerProperties: String?, headers: [(name: String, value: String)]
    ) throws(RestError) {
        self.body = body
        properties = headers.filter { !Self.isOfHTTP($0.name) }
            .map { Property(name: $0.name, value: RestValue(inferring: $0.value)) }
        guard let brokerProperties else { return }
        guard let json = try? JSON(parsing: brokerProperties), json.members != nil else {
            throw .malformed(.brokerProperties)
        }
        partitionKey = json["PartitionKey"]?.text
    }

    /// All events of a batch, in order.
    static func batch(_ bytes: [UInt8]) throws(RestError) -> [RestEvent] {
        let json: JSON
        do throws(JSONError) {
            json = try JSON(parsing: bytes[...])
        } catch {
            throw .malformed(.batch(position: error.position))
        }
        guard let elements = json.elements else { throw .malformed(.batch(position: 0)) }
        guard !elements.isEmpty else { throw .malformed(.noEvents) }
        var events: [RestEvent] = []
        for (index, element) in elements.enumerated() {
            guard let event = RestEvent(element) else { throw .malformed(.event(index)) }
            events.append(event)
        }
        return events
    }

    private init?(_ json: JSON) {
        guard let text = json["Body"]?.text else { return nil }
        if json["IsBodyBase64"]?.bool == true {
            guard let decoded = Base64.decode(text) else { return nil }
            body = decoded
        } else {
            body = Array(text.utf8)
        }
        for member in json["UserProperties"]?.members ?? [] {
            guard let value = RestValue(member.value) else { return nil }
            properties.append(Property(name: member.name, value: value))
        }
        partitionKey = json["BrokerProperties"]?["PartitionKey"]?.text
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
