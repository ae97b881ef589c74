/// Bytes on the disk that are not those that were written, and where.
public struct Damage: Error, Equatable, Sendable {
    /// What is wrong.
    public enum Detail: Equatable, Sendable {
        /// One of the two copies is broken, and the other is used.
        case headerCopy, snapshotCopy, envelopeCopy
        /// Both copies of the segment's header are broken.
        case header
        /// A part of the segment's snapshot is broken in both copies.
        case snapshot
        case missingSegment
        case missingBlock
        /// A block does not follow the one before it.
        case chain(expected: UInt32, found: UInt32)
        case batchChecksum(expected: UInt32, found: UInt32)
        case batchMalformed
        /// A page of LMDB's tree. Nothing is read through the tree, so nothing is lost.
        case page(UInt64, String)
        /// The stored index. It is made again from the blocks.
        case index
        /// The file belongs to another store, or to another place in this one.
        case foreign
        case unreadable(StorageFault)
    }

    /// The number of the segment.
    public let segment: UInt64
    /// Of the segment's file.
    public let path: String
    /// The number of the commit block, where the damage is inside one.
    public let block: UInt64?
    /// The batch, where the damage is inside one: its stream, partition and offsets.
    public let batch: Batch?
    /// What is wrong.
    public let detail: Detail

    /// The place of a batch in its partition.
    public struct Batch: Equatable, Sendable {
        /// Of which stream.
        public let incarnation: StreamIncarnation
        /// Counted from 0.
        public let partition: Int
        /// The offsets that cannot be read.
        public let offsets: Range<Int64>
    }

    init(
        segment: UInt64, path: String, block: BlockNumber? = nil, batch: Batch? = nil,
        _ detail: Detail
    ) {
        self.segment = segment
        self.path = path
        self.block = block?.rawValue
        self.batch = batch
        self.detail = detail
    }

    /// Whether everything can still be read, thanks to a second copy or because nothing needs it.
    public var isHarmless: Bool {
        switch detail {
        case .headerCopy, .snapshotCopy, .envelopeCopy, .page, .index, .snapshot, .header:
            true
        case .missingSegment, .missingBlock, .chain, .batchChecksum, .batchMalformed, .foreign,
            .unreadable:
            false
        }
    }
}

extension Damage: CustomStringConvertible {
    /// Where and what, on one line.
    public var description: String {
        var place = path
        if let block { place += ", block \(block)" }
        if let batch {
            place +=
                ", partition \(batch.partition), offsets \(batch.offsets.lowerBound) to "
                + "\(batch.offsets.upperBound - 1)"
        }
        return "\(place): \(detail)"
    }
}

extension Damage.Detail: CustomStringConvertible {
    /// What is wrong, as a clause.
    public var description: String {
        switch self {
        case .headerCopy: "one copy of the segment header is broken, the other is whole"
        case .snapshotCopy: "one copy of the snapshot is broken, the other is whole"
        case .envelopeCopy: "one copy of the block's envelope is broken, the other is whole"
        case .header: "both copies of the segment header are broken"
        case .snapshot: "both copies of a part of the snapshot are broken"
        case .missingSegment: "the segment file is missing"
        case .missingBlock: "the block is missing"
        case .chain(let expected, let found):
            "the block follows \(hex(found)), not \(hex(expected))"
        case .batchChecksum(let expected, let found):
            "the batch has checksum \(hex(found)), not \(hex(expected))"
        case .batchMalformed: "the batch is not what the block's directory says"
        case .page(let page, let reason): "page \(page): \(reason)"
        case .index: "the index beside the segment is broken; it is made again from the blocks"
        case .foreign: "the file does not belong here"
        case .unreadable(let fault): fault.description
        }
    }

    private func hex(_ value: UInt32) -> String { "0x" + String(value, radix: 16) }
}
