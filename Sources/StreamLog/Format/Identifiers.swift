/// Which creation of a stream is meant. Never reused, so a stream made again under an old name
/// cannot be mistaken for the old one.
public struct StreamIncarnation: Hashable, Comparable, Sendable {
    /// From 1 on, in the order of creation.
    public let rawValue: UInt32

    /// The creation of that number.
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Whether `left` was created first.
    public static func < (left: StreamIncarnation, right: StreamIncarnation) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// One partition of one incarnation of a stream.
package struct PartitionID: Hashable, Comparable, Sendable {
    /// The stream.
    package let incarnation: StreamIncarnation
    /// From 0 on.
    package let index: UInt32

    /// Partition `index` of a stream.
    package init(_ incarnation: StreamIncarnation, _ index: UInt32) {
        self.incarnation = incarnation
        self.index = index
    }

    /// Whether `left` comes first, by stream and then by index.
    package static func < (left: PartitionID, right: PartitionID) -> Bool {
        (left.incarnation, left.index) < (right.incarnation, right.index)
    }
}

/// The number the store gave to an idempotent producer. Never reused.
public struct ProducerID: Hashable, Comparable, Sendable {
    /// From 1 on, in the order of registration.
    public let rawValue: Int64

    /// The producer of that number.
    public init(rawValue: Int64) { self.rawValue = rawValue }

    /// Whether `left` was registered first.
    public static func < (left: ProducerID, right: ProducerID) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// Who numbered a batch, and from where.
public struct ProducerStamp: Hashable, Sendable {
    /// The producer.
    public let id: ProducerID
    /// Which life of the producer: an earlier one has no say any more.
    public let epoch: Int16
    /// The number of the batch's first record: 0 to 2^31 - 1, and then 0 again.
    public let baseSequence: Int32

    /// The stamp of a batch whose first record has the number `baseSequence`.
    public init(id: ProducerID, epoch: Int16, baseSequence: Int32) {
        self.id = id
        self.epoch = epoch
        self.baseSequence = baseSequence
    }

    /// Where it stands in a batch, for errors.
    static let positionInBatch = 43

    /// Whether a producer could have numbered a batch like this.
    var isPossible: Bool {
        id.rawValue >= 0 && id.rawValue < LogLimits.offsetMax && epoch >= 0 && baseSequence >= 0
    }
}

/// The random number that names a store.
public struct StoreID: Hashable, Sendable, CustomStringConvertible {
    /// The first 16 hexadecimal digits.
    package let high: UInt64
    /// The last 16 hexadecimal digits.
    package let low: UInt64

    /// The store of that number.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// 32 hexadecimal digits.
    public var description: String {
        [high, low].map { half in
            let digits = String(half, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
