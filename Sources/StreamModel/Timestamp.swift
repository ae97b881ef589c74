/// A moment: milliseconds since the beginning of 1970 in UTC, without leap seconds.
///
/// What Kafka calls a timestamp. Every `Int64` is one; Kafka uses -1 for "not known".
public struct Timestamp: Hashable, Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    public let milliseconds: Int64

    /// The moment `milliseconds` after the beginning of 1970.
    @inlinable public init(milliseconds: Int64) { self.milliseconds = milliseconds }
}

extension Timestamp: Comparable {
    /// Whether `left` comes first.
    @inlinable public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }
}
