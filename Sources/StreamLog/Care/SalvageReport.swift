internal import StreamModel

/// What became of a broken log.
package struct SalvageReport: Sendable, Equatable {
    /// What is left of one partition.
    package struct Partition: Sendable, Equatable {
        /// Its name.
        package let stream: String
        /// Of which stream, and the number of the partition.
        package let id: PartitionID
        /// How many offsets have their event in the new store.
        package let kept: Int64
        /// What has none, in order, and why; the last one is the jump.
        package let gaps: [Gap]
        /// The offset after the last one that is proven to have been issued.
        package let end: Int64
        /// The offset that the next event gets.
        package let next: Int64
    }

    /// Of the old store and the new one.
    package internal(set) var store: StoreID
    /// Whether no segment said which store it was of, so that the new one has another id.
    package internal(set) var isIDLost = false
    /// Segments that were read.
    package internal(set) var segmentCount = 0
    /// Blocks of which something was found.
    package internal(set) var blockCount = 0
    /// Batches that were kept.
    package internal(set) var batchCount = 0
    /// By stream and partition.
    package internal(set) var partitions: [Partition] = []
    /// Consumer groups with a position.
    package internal(set) var groupCount = 0
    /// Feeds.
    package internal(set) var feedCount = 0
    /// Positions of groups and feeds.
    package internal(set) var positionCount = 0
    /// Idempotent producers.
    package internal(set) var producerCount = 0
    /// How far each feed had got.
    package internal(set) var feedPositions: [PositionKey: Int64] = [:]
    /// Everything that was not as it had been written, in the order of the log.
    package internal(set) var damage: [Damage] = []

    /// Events that were kept.
    package var eventCount: Int64 { partitions.reduce(0) { $0 + $1.kept } }
}
