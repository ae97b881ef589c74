internal import AMQP

/// Where a receiver wants to begin, as the filter of its source says.
///
///     amqp.annotation.x-opt-offset > '42'
enum StartPosition: Hashable, Sendable {
    /// With the oldest event there is.
    case earliest
    /// With what comes from now on.
    case latest
    /// At an offset, which is a sequence number too, or behind it.
    case sequence(Int64, isInclusive: Bool)
    /// With the first event that came at a time, in milliseconds since 1970, or after it.
    case time(Int64, isInclusive: Bool)

    /// A filter that says nothing a receiver here can begin at.
    struct Refusal: Error, Hashable {
        let expression: String
    }

    private static let name: Symbol = "apache.org:selector-filter:string"

    /// Reads the filter map of a source; without a selector one begins with the oldest event.
    ///
    /// The selector's descriptor differs from SDK to SDK, so only its name counts.
    init(filter: AMQPMap?) throws(Refusal) {
        guard let value = filter?[symbol: Self.name] else {
            self = .earliest
            return
        }
        var content = value
        if case .described(_, let inner) = value { content = inner }
        guard let text = content.text else { throw Refusal(expression: "\(value)") }
        try self.init(expression: text)
    }

    /// Reads `property op value`; quotes around the value and blanks are optional.
    init(expression: String) throws(Refusal) {
        let refusal = Refusal(expression: expression)
        guard let sign = expression.firstIndex(of: ">") else { throw refusal }
        let property = expression[..<sign].filter { !$0.isWhitespace }.lowercased()
        var rest = expression[expression.index(after: sign)...]
        let isInclusive = rest.first == "="
        if isInclusive { rest = rest.dropFirst() }
        let value = rest.filter { !$0.isWhitespace && $0 != "'" && $0 != "\"" }
        switch property {
        case "amqp.annotation.x-opt-offset", "amqp.annotation.x-opt-sequence-number":
            if value.lowercased() == "@latest" {
                self = .latest
            } else if let number = Int64(value), number >= -1 {
                self = number < 0 ? .earliest : .sequence(number, isInclusive: isInclusive)
            } else {
                throw refusal
            }
        case "amqp.annotation.x-opt-enqueued-time":
            guard let time = Int64(value) else { throw refusal }
            self = .time(time, isInclusive: isInclusive)
        default: throw refusal
        }
    }
}
