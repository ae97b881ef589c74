/// Which of a stream's partitions, counted from 0.
public struct PartitionIndex: Hashable, Sendable {
    /// The number of the partition, from 0 to 1,023.
    public let rawValue: Int32

    /// How many partitions a stream may have.
    public static let counts = 1...1024

    /// The partition every stream has.
    public static let first = PartitionIndex(unchecked: 0)

    /// The partition numbered `index`, or `nil` if no stream can have it.
    @inlinable public init?(_ index: some BinaryInteger) {
        guard let value = Int32(exactly: index), value >= 0, value < Self.counts.upperBound else {
            return nil
        }
        rawValue = value
    }

    /// The partition `rawValue`, which lies in the range of ``counts``.
    @inlinable package init(unchecked rawValue: Int32) {
        assert(rawValue >= 0 && rawValue < Self.counts.upperBound, "no stream has \(rawValue)")
        self.rawValue = rawValue
    }
}

extension PartitionIndex: Comparable {
    /// Whether `left` comes first.
    @inlinable public static func < (left: PartitionIndex, right: PartitionIndex) -> Bool {
        left.rawValue < right.rawValue
    }
}

extension PartitionIndex: CustomStringConvertible {
    /// The number in decimal.
    public var description: String { String(rawValue) }
}
