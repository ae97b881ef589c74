/// A place in a partition of a stream: the number of records that come before it.
///
/// Never negative, and never more than `Int64.max`, because Kafka's offsets are signed.
public struct Offset: Hashable, Sendable {
    /// The number of records before this place.
    public let rawValue: Int64

    /// The place before the first record.
    public static let start = Offset(unchecked: 0)

    /// The place after `rawValue` records, or `nil` if that is negative.
    @inlinable public init?(_ rawValue: Int64) {
        guard rawValue >= 0 else { return nil }
        self.rawValue = rawValue
    }

    /// The place after `rawValue` records, which is not negative.
    @inlinable package init(unchecked rawValue: Int64) {
        assert(rawValue >= 0, "an offset cannot be negative: \(rawValue)")
        self.rawValue = rawValue
    }

    /// The place `count` records further on, or back if `count` is negative.
    ///
    /// Stops the program when there is no such place.
    @inlinable public func advanced(by count: Int) -> Offset {
        let (sum, overflow) = rawValue.addingReportingOverflow(Int64(count))
        precondition(!overflow && sum >= 0, "there is no offset \(count) after \(rawValue)")
        return Offset(unchecked: sum)
    }

    /// How many records lie between this place and `other`; negative if `other` comes first.
    @inlinable public func distance(to other: Offset) -> Int {
        Int(other.rawValue - rawValue)
    }
}

extension Offset: Comparable {
    /// Whether `left` comes first.
    @inlinable public static func < (left: Offset, right: Offset) -> Bool {
        left.rawValue < right.rawValue
    }
}

extension Offset: CustomStringConvertible {
    /// The number in decimal.
    public var description: String { String(rawValue) }
}
