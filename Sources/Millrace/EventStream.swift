internal import Bytes
internal import Compression
internal import Glibc
public import StreamLog
public import StreamModel
internal import Synchronization

/// One stream of a store: append to it, read it, follow it.
///
/// An event with a key goes to the partition that Azure Event Hubs would choose for that key;
/// events without one go to the partitions in turn. Events of one partition keep their order.
public final class EventStream: Sendable {
    let log: StreamLog
    private let turn = Atomic<UInt32>(0)

    /// What the stream is called and how it is kept, as of when it was opened.
    public let definition: StreamDefinition

    init(_ log: StreamLog, _ definition: StreamDefinition) {
        self.log = log
        self.definition = definition
    }

    /// How many partitions events go to.
    public var partitionCount: Int { definition.partitionCount }

    // MARK: Appending

    /// Appends one event, and returns its place when it is durable.
    ///
    /// Many calls that wait together share a batch and a flush of the device. A full queue
    /// suspends the caller. Cancellation does not take back what was handed over.
    @discardableResult
    public func append(_ record: Record) async throws(CommitError) -> EventPlace {
        let partition = partition(forKey: record.key)
        let offset = try await log.append(record, to: id(of: partition))
        return EventPlace(partition: partition, offset: offset)
    }

    /// Appends an event of `text`, made now.
    @discardableResult
    public func append(
        _ text: String, key: String? = nil
    ) async throws(CommitError) -> EventPlace {
        try await append(
            Record(
                key: key.map { Array($0.utf8) }, value: Array(text.utf8), timestamp: .current()))
    }

    /// Appends events that become durable together, or not at all, and returns their places in
    /// order. Those without a key stay together in one partition.
    ///
    /// All of them together have to fit a commit, which has at most 7.75 MiB.
    @discardableResult
    public func append(_ records: [Record]) async throws(CommitError) -> [EventPlace] {
        guard !records.isEmpty else { return [] }
        var draft = BatchDraft(compression: definition.configuration.compression)
        let keyless = nextPartition()
        for record in records {
            try draft.add(record, to: record.key == nil ? keyless : partition(forKey: record.key))
        }
        let batches = draft.finish()
        let receipt = try await log.commit(
            Commit(appends: batches.map { .init($0.batch, to: id(of: $0.partition)) }))
        var places = Array<EventPlace?>(repeating: nil, count: records.count)
        for (batch, outcome) in zip(batches, receipt.appends) {
            guard case .appended(let base) = outcome else {
                preconditionFailure("a batch without a producer was taken for a duplicate")
            }
            for (index, place) in batch.places.enumerated() {
                places[place] = EventPlace(
                    partition: batch.partition, offset: base.advanced(by: index))
            }
        }
        return places.compactMap { $0 }
    }

    /// The partition that events with this key go to; without one, whose turn it is.
    private func partition(forKey key: [UInt8]?) -> PartitionIndex {
        guard let key else { return nextPartition() }
        return PartitionHash.partition(forKey: key.rawSpan, count: partitionCount)
    }

    private func nextPartition() -> PartitionIndex {
        let (turn, _) = turn.wrappingAdd(1, ordering: .relaxed)
        return PartitionIndex(unchecked: Int32(turn % UInt32(partitionCount)))
    }

    func id(of partition: PartitionIndex) -> PartitionID {
        PartitionID(definition.incarnation, UInt32(partition.rawValue))
    }

    // MARK: Reading

    /// The events that are there now, from `start` on, partition by partition in turns.
    ///
    /// Events of one partition come in order. `partitions` nil means all of them.
    public func read(
        from start: StartingPoint = .earliest, in partitions: [PartitionIndex]? = nil
    ) throws(ReadError) -> EventSequence {
        try sequence(from: start, partitions, .atEnd)
    }

    /// The events from `start` on, those there are and those that will come, for ever.
    ///
    /// Ends when the store is closed or the task is cancelled.
    public func follow(
        from start: StartingPoint = .earliest, in partitions: [PartitionIndex]? = nil
    ) throws(ReadError) -> EventSequence {
        try sequence(from: start, partitions, .never)
    }

    private func sequence(
        from start: StartingPoint, _ partitions: [PartitionIndex]?, _ stop: EventSequence.Stop
    ) throws(ReadError) -> EventSequence {
        var lines: [EventSequence.Line] = []
        for partition in partitions ?? allPartitions {
            let id = id(of: partition)
            let end = try log.bounds(of: id).upperBound
            lines.append(
                EventSequence.Line(
                    id: id, partition: partition, next: try offset(of: start, in: id),
                    end: stop == .atEnd ? Offset(unchecked: end) : nil))
        }
        return EventSequence(log: log, lines: lines)
    }

    /// All partitions, in order.
    public var allPartitions: [PartitionIndex] {
        (0..<Int32(partitionCount)).map { PartitionIndex(unchecked: $0) }
    }

    private func offset(of start: StartingPoint, in id: PartitionID) throws(ReadError) -> Offset {
        let bounds = try log.bounds(of: id)
        switch start {
        case .earliest: return Offset(unchecked: bounds.lowerBound)
        case .latest: return Offset(unchecked: bounds.upperBound)
        case .offset(let offset):
            guard bounds.contains(offset.rawValue) else {
                throw .offsetOutOfRange(offset.rawValue, valid: bounds)
            }
            return offset
        case .time(let time): return try log.offset(of: id, at: time, by: .append)
        case .position(let group):
            // What retention has taken since then is reported as a gap.
            let key = PositionKey(kind: .group, name: group.text, partition: id)
            return Offset(unchecked: log.position(key)?.offset ?? bounds.lowerBound)
        }
    }

    // MARK: Positions

    /// Makes durable where a group goes on: for each partition the offset of its next event.
    public func commit(
        _ positions: [PartitionIndex: Offset], of group: ConsumerGroupName
    ) async throws(CommitError) {
        let requests = positions.map { partition, offset in
            StateRequest.setPosition(
                PositionKey(kind: .group, name: group.text, partition: id(of: partition)),
                Position(offset: offset.rawValue))
        }
        guard !requests.isEmpty else { return }
        _ = try await log.commit(Commit(requests: requests))
    }

    /// Where a group goes on, for the partitions where it has committed something.
    public func positions(of group: ConsumerGroupName) -> [PartitionIndex: Offset] {
        var positions: [PartitionIndex: Offset] = [:]
        for partition in allPartitions {
            let key = PositionKey(kind: .group, name: group.text, partition: id(of: partition))
            positions[partition] = log.position(key).map { Offset(unchecked: $0.offset) }
        }
        return positions
    }

    /// Forgets a group.
    public func removePositions(of group: ConsumerGroupName) async throws(CommitError) {
        try await log.perform(
            .removePositions(.group, name: group.text, definition.incarnation))
    }
}

extension Timestamp {
    /// What the machine's clock says.
    static func current() -> Timestamp {
        var time = timespec()
        guard unsafe clock_gettime(CLOCK_REALTIME, &time) == 0 else {
            return Timestamp(milliseconds: 0)
        }
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
