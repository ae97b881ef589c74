internal import Bytes

/// Where the batches of one segment lie, by partition and offset.
///
/// The active segment's index grows with every block; a closed segment's is stored beside it and
/// can always be made again from the blocks. It says only where to look: what is served has been
/// checked against the block itself.
struct SegmentIndex: Equatable, Sendable {
    struct Block: Equatable, Sendable {
        let number: BlockNumber
        /// Of the block's first byte in the segment's file.
        let position: Int
        let byteCount: Int
    }

    /// What one block holds of one partition.
    struct Entry: Equatable, Sendable {
        let baseOffset: Int64
        /// Into `blocks`.
        let block: Int
        let appendTime: Int64
        /// The latest create time that a search may go by.
        let createTime: Int64
    }

    struct Partition: Equatable, Sendable {
        var entries: [Entry] = []
        /// The offset after the partition's last event when the segment ended. Known of every
        /// partition in an index that was made by the writer, even of those without an entry.
        var end: Int64 = 0

        /// The entry that holds `offset`, or else the first one after it.
        func firstEntry(endingAfter offset: Int64) -> Int? {
            guard offset < end, !entries.isEmpty else { return nil }
            let after = entries.partitioningIndex { $0.baseOffset > offset }
            return after == 0 ? 0 : after - 1
        }
    }

    let segment: UInt64
    var blocks: [Block] = []
    private(set) var partitions: [PartitionID: Partition] = [:]

    init(segment: UInt64) { self.segment = segment }

    /// Takes in a block. Blocks come in the order of their numbers.
    mutating func add(_ envelope: BlockEnvelope, at position: Int) {
        let ordinal = blocks.count
        blocks.append(
            Block(
                number: envelope.header.number, position: position,
                byteCount: envelope.header.blockByteCount))
        for entry in envelope.directory { add(entry, block: ordinal) }
    }

    private mutating func add(_ entry: DirectoryEntry, block: Int) {
        let known = partitions[entry.partition]?.entries.last
        if let known, known.block == block {
            let last = partitions[entry.partition, default: Partition()].entries.count - 1
            partitions[entry.partition]?.entries[last] = Entry(
                baseOffset: known.baseOffset, block: block, appendTime: known.appendTime,
                createTime: max(known.createTime, entry.searchableCreateTime))
        } else {
            partitions[entry.partition, default: Partition()].entries.append(
                Entry(
                    baseOffset: entry.baseOffset, block: block, appendTime: entry.appendTime,
                    createTime: entry.searchableCreateTime))
        }
        partitions[entry.partition]?.end = entry.endOffset
    }

    mutating func setPartition(_ id: PartitionID, _ partition: Partition) {
        partitions[id] = partition
    }

    /// Adds the ends of the partitions that the segment holds nothing of.
    mutating func complete(with state: LogState) {
        for stream in state.streams.values {
            for (place, partition) in stream.partitions.enumerated() where partition.end > 0 {
                let id = PartitionID(stream.definition.incarnation, UInt32(place))
                if partitions[id] == nil { partitions[id] = Partition(end: partition.end) }
            }
        }
    }

    /// Whether it says all that `other` does, which knows of no partition without an entry.
    func holds(_ other: SegmentIndex) -> Bool {
        blocks == other.blocks
            && partitions.allSatisfy { $0.value.entries.isEmpty || other.partitions[$0.key] != nil }
            && other.partitions.allSatisfy { partitions[$0.key] == $0.value }
    }

    /// What the index takes in memory, roughly, in bytes.
    var memoryByteCount: Int {
        blocks.count * MemoryLayout<Block>.stride
            + partitions.values.reduce(0) {
                $0 + 128 + $1.entries.count * MemoryLayout<Entry>.stride
            }
    }
}

extension RandomAccessCollection where Index == Int {
    /// The first index whose element satisfies `isLate`. All that do come after all that don't.
    func partitioningIndex(where isLate: (Element) -> Bool) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = low + (high - low) / 2
            if isLate(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
