/// What a name names.
public enum NameKind: Hashable, Sendable {
    /// A stream.
    case stream
    /// A group of consumers that share positions.
    case consumerGroup
    /// A feed: a reader whose position holds back retention.
    case feed
    /// A producer that resumes exactly where it stopped.
    case producer
}

/// Why a text is not a legal name.
public enum NameError: Error, Hashable, Sendable {
    /// The text has no characters.
    case empty(NameKind)
    /// The text has more than `limit` bytes.
    case tooLong(NameKind, byteCount: Int, limit: Int)
    /// The text begins with a character that may only come later.
    case badStart(NameKind, Character)
    /// The text holds a character that no name may hold.
    case badCharacter(NameKind, Character)
}

extension NameKind: CustomStringConvertible {
    /// The words for it in a sentence.
    public var description: String {
        switch self {
        case .stream: "stream"
        case .consumerGroup: "consumer group"
        case .feed: "feed"
        case .producer: "producer"
        }
    }
}

extension NameError: CustomStringConvertible {
    /// What went wrong, as a sentence without its full stop.
    public var description: String {
        switch self {
        case .empty(let kind): "the name of a \(kind) cannot be empty"
        case .tooLong(let kind, let byteCount, let limit):
            "the name of a \(kind) has at most \(limit) bytes, not \(byteCount)"
        case .badStart(let kind, let character):
            "the name of a \(kind) begins with a letter or a digit, not with \(quoted(character))"
        case .badCharacter(let kind, let character):
            "the name of a \(kind) is made of the letters a-z and A-Z, digits, '.', '_' and '-', "
                + "not \(quoted(character))"
        }
    }

    /// The character in quotes, in the form of a Swift literal if it would not print.
    private func quoted(_ character: Character) -> String { String(reflecting: character) }
}
