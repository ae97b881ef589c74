// WHY: four types in one file, because they are one rule. A name of one kind must not pass for a
// name of another, and that is all that tells them apart.

/// A text that has been checked to be a name of its kind. Names sort as their texts do.
public protocol Name: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The name as it was given.
    var text: String { get }

    /// The name spelt `text`.
    init(_ text: String) throws(NameError)
}

extension Name {
    /// The name as it was given.
    public var description: String { text }

    /// Whether `left` comes first.
    public static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

/// The name of a stream; to a Kafka client a topic, to an Event Hubs client an event hub.
///
/// 1 to 255 of the characters that Kafka and Event Hubs both accept: letters and digits of ASCII,
/// `.`, `_` and `-`. The first is a letter or a digit.
public struct StreamName: Name {
    /// The name as it was given.
    public let text: String

    /// The name spelt `text`.
    public init(_ text: String) throws(NameError) {
        try NameRule(kind: .stream).check(text)
        self.text = text
    }
}

/// The name of a group of consumers that share positions. The rule of `StreamName`, and `$Default`,
/// the group that every event hub has.
public struct ConsumerGroupName: Name {
    /// The name as it was given.
    public let text: String

    /// The name spelt `text`.
    public init(_ text: String) throws(NameError) {
        if text != "$Default" { try NameRule(kind: .consumerGroup).check(text) }
        self.text = text
    }
}

/// The name of a feed, a reader whose position holds back retention. The rule of `StreamName`.
public struct FeedName: Name {
    /// The name as it was given.
    public let text: String

    /// The name spelt `text`.
    public init(_ text: String) throws(NameError) {
        try NameRule(kind: .feed).check(text)
        self.text = text
    }
}

/// The name under which a producer gets its identity back. The rule of `StreamName`.
public struct ProducerName: Name {
    /// The name as it was given.
    public let text: String

    /// The name spelt `text`.
    public init(_ text: String) throws(NameError) {
        try NameRule(kind: .producer).check(text)
        self.text = text
    }
}

private struct NameRule {
    static let byteCountMax = 255

    let kind: NameKind

    func check(_ text: String) throws(NameError) {
        guard let first = text.first else { throw .empty(kind) }
        let byteCount = text.utf8.count
        guard byteCount <= Self.byteCountMax else {
            throw .tooLong(kind, byteCount: byteCount, limit: Self.byteCountMax)
        }
        // WHY: by whole characters, so that an error shows what a person would see, not half of it.
        if let bad = text.first(where: { !isLetterOrDigit($0) && !isMark($0) }) {
            throw .badCharacter(kind, bad)
        }
        guard isLetterOrDigit(first) else { throw .badStart(kind, first) }
    }

    private func isLetterOrDigit(_ character: Character) -> Bool {
        switch character {
        case "a"..."z", "A"..."Z", "0"..."9": character.utf8.count == 1
        default: false
        }
    }

    private func isMark(_ character: Character) -> Bool { ".-_".contains(character) }
}
