package import Bytes

/// How an event's AMQP sections are spread over a record: the first header of the record says.
///
///     record key        partition key
///     record value      content of the one data section, or all sections of the body
///     header 0          millrace.amqp:  ┌───────┬──────────────────────────────────────┐
///                                       │ flags │ the other sections, whole, in order  │
///                                       └───────┴──────────────────────────────────────┘
///     headers 1...      application properties, each with its AMQP encoding
///
/// A record of a plain event (one data section, no partition key, nothing else) has no headers, and
/// so has a record that came from elsewhere; both mean the same message.
struct EventLayout: OptionSet, Sendable {
    let rawValue: UInt8

    /// The value holds whole sections of a body, not the content of one.
    static let rawBody = EventLayout(rawValue: 1)
    /// The application properties are among the other sections; headers are copies of them.
    static let rawProperties = EventLayout(rawValue: 2)
    /// There is a section of application properties, made from the headers.
    static let hasProperties = EventLayout(rawValue: 4)
    /// That section's map has the long form.
    static let widePropertiesMap = EventLayout(rawValue: 8)
    /// The data section has the long form although the short one would do.
    static let wideData = EventLayout(rawValue: 16)

    /// The name of the header. No application property can come before it.
    static let headerName = "millrace.amqp"
    static let headerNameBytes = Array(headerName.utf8)

    static let known: EventLayout = [
        .rawBody, .rawProperties, .hasProperties, .widePropertiesMap, .wideData,
    ]

    /// More application properties than this stay in their section, without copies as headers.
    static let propertyCountMax = 1024
}

/// Why a message cannot be stored as events.
package enum EventError: Error, Equatable, Sendable {
    /// The bytes are no message; positions count from the start of the message.
    case malformed(DecodeError)
    /// A batch without a single event.
    case emptyBatch
    /// The partition key is longer than any SDK allows.
    case keyTooLong(byteCount: Int, limit: Int)
    /// The event is larger than a record may be.
    case tooLarge(byteCount: Int, limit: Int)
}

extension EventError: CustomStringConvertible {
    /// What went wrong, as a sentence without its full stop.
    package var description: String {
        switch self {
        case .malformed(let error): "the message cannot be read: \(error)"
        case .emptyBatch: "the batch holds no event"
        case .keyTooLong(let byteCount, let limit):
            "the partition key has \(byteCount) bytes, and the limit is \(limit)"
        case .tooLarge(let byteCount, let limit):
            "the event takes \(byteCount) bytes, and the limit is \(limit)"
        }
    }
}
