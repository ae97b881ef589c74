internal import StreamModel

/// A store that has been made of a backup.
package struct RestoreReport: Sendable, Equatable {
    /// Where a partition goes on.
    package struct Partition: Sendable, Equatable {
        /// Its name.
        package let stream: String
        /// Of which stream, and the number of the partition.
        package let id: PartitionID
        /// The offset after the last event of the backup.
        package let end: Int64
        /// The offset that the next event gets.
        package let next: Int64
    }

    /// Of the store that was backed up, and of this one.
    package let store: StoreID
    /// When the backup was made: milliseconds since 1970, UTC.
    package let madeAt: Int64
    /// Files of segments.
    package internal(set) var segmentCount = 0
    /// Files of tables.
    package internal(set) var tableFileCount = 0
    /// Of all these files.
    package internal(set) var byteCount = 0
    /// By stream and partition.
    package internal(set) var partitions: [Partition] = []
    /// How far each feed had got.
    package internal(set) var feedPositions: [PositionKey: Int64] = [:]
    /// What was damaged in the store already when the backup was made.
    package internal(set) var damage: [Damage] = []
}
