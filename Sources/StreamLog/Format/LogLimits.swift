/// The fixed limits of the log's format and memory. Sizes are in bytes.
package enum LogLimits {
    /// Of segments, blocks, snapshots and indexes alike.
    package static let formatVersion: UInt16 = 2
    /// A record batch as it is stored, after compression.
    package static let batchByteCountMax = 4 << 20
    /// A batch's records after decompression.
    package static let decodedByteCountMax = 64 << 20
    /// A commit block with its envelope and padding.
    package static let blockByteCountMax = 8 << 20
    /// The changes of state in one commit.
    package static let changesByteCountMax = 1 << 20
    /// The partitions of one stream.
    package static let partitionCountMax = 1024
    /// What the smallest segment takes; one needs room for its own header and snapshot.
    package static let segmentByteCountMin = 256 << 10
    /// Offsets stay below this, so that arithmetic on them cannot overflow.
    package static let offsetMax: Int64 = 1 << 62
    /// How far offsets jump where it cannot be proven what was issued before.
    package static let offsetJump: Int64 = 1 << 32
    /// How far the numbers of streams jump there.
    package static let incarnationJump: UInt32 = 1 << 10
    /// Who numbers batches without having registered has to take an id below this, so that nobody
    /// can use up the ids there are.
    package static let unregisteredProducerIDMax: Int64 = 1 << 40
    /// What a client may store with a position.
    package static let positionMetadataByteCountMax = 64 << 10
}
