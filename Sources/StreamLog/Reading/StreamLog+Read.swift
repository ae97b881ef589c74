internal import DurableFiles
package import StreamModel
internal import Synchronization

/// What a read found, in the order of the offsets.
package struct ReadResult: Sendable {
    /// Batches may begin before the offset asked for: a reader steps over those records.
    package var items: [ReadItem] = []
    /// Where to read on.
    package var next: Offset
    /// The offset that the next event of the partition will get.
    package let end: Offset

    /// What was found up to `next`, of a partition that ends at `end`.
    package init(items: [ReadItem] = [], next: Offset, end: Offset) {
        self.items = items
        self.next = next
        self.end = end
    }
}

/// A batch, or offsets without one.
package enum ReadItem: Sendable {
    case batch(StoredBatch)
    case gap(Gap)
}

/// What to make of an offset whose event has been retained away.
package enum RetainedAway: Sendable {
    /// An error that names the valid offsets.
    case refuse
    /// A gap, and then what follows.
    case reportGap
}

extension StreamLog {
    /// The batches from `offset` on, each checked against its checksums: at least one, if there is
    /// one, and no more than `byteCount` bytes beyond that.
    ///
    /// Damage is a gap in the answer, which becomes durable; what follows it is served.
    package func read(
        _ id: PartitionID, from offset: Offset, byteCount: Int = 1 << 20,
        _ retainedAway: RetainedAway = .refuse
    ) throws(ReadError) -> ReadResult {
        let partition = try partitionState(id)
        let lowest = retainedAway == .refuse ? partition.start : 0
        guard offset.rawValue >= lowest, offset.rawValue <= partition.end else {
            throw .offsetOutOfRange(offset.rawValue, valid: partition.start...partition.end)
        }
        do {
            var reader = PartitionReader(
                shared, id, from: offset.rawValue, end: partition.end, byteCount: byteCount)
            return try reader.run()
        } catch {
            throw .storage(.file(error))
        }
    }

    /// The first offset that is still there, and the one that the next event will get.
    package func bounds(of id: PartitionID) throws(ReadError) -> ClosedRange<Int64> {
        let partition = try partitionState(id)
        return partition.start...partition.end
    }

    /// The gaps of a partition, in order.
    package func gaps(of id: PartitionID) throws(ReadError) -> [Gap] {
        try partitionState(id).gaps.gaps
    }

    func partitionState(_ id: PartitionID) throws(ReadError) -> LogState.PartitionState {
        let found = shared.view.withLock { view in
            (view.state.partition(id), view.state.streams[id.incarnation]?.partitions.count)
        }
        if let partition = found.0 { return partition }
        guard let count = found.1 else {
            throw .unknownStream("incarnation \(id.incarnation.rawValue)")
        }
        throw .unknownPartition(Int(id.index), count: count)
    }
}
