import StreamLog
import StreamModel

/// The store as a naive program would keep it: dictionaries, no files, no threads.
struct Model {
    /// What became of an event.
    enum Fate: Equatable {
        /// It was handed over, and nobody was told anything yet.
        case flying
        /// It was not answered, or refused because the disk failed. It may be found after the store
        /// was opened again, if nothing was committed meanwhile: so many commits there were.
        case doubtful(commits: Int)
        /// It stands in a partition.
        case placed(PartitionID, Int64)
        /// It was refused, or was not found when it had to be.
        case over
    }

    private(set) var partitions: [PartitionID: ModelPartition] = [:]
    private(set) var streams: [String: StreamDefinition] = [:]
    private(set) var fates: [EventID: Fate] = [:]
    /// Those that are flying or doubtful.
    private var open: Set<EventID> = []
    /// Whose acknowledgement came before the event was seen in the log, with the offset if that
    /// was said.
    private var acknowledged: [EventID: Int64?] = [:]
    /// Whether a gap took events that nobody had looked at yet.
    private var hasUnseen = false
    /// Events that were open when one did: a producer that sends them again is told of duplicates.
    private var unseen: Set<EventID> = []
    /// How many commits succeeded.
    private(set) var commits = 0
    private var nextID = 1
    var positions: [PositionKey: Position] = [:]
    /// Positions whose commit was not answered.
    var doubtfulPositions: [PositionKey: [Position?]] = [:]
    /// Names whose creation or deletion was not answered.
    var doubtfulStreams: Set<String> = []

    // MARK: Events

    /// A new event, which may be in the log from now on.
    mutating func makeEvent() -> EventID {
        defer { nextID += 1 }
        let id = EventID(number: nextID)
        fates[id] = .flying
        open.insert(id)
        return id
    }

    var eventCount: Int { nextID - 1 }

    /// An event whose last sending came to nothing is sent again.
    mutating func sendAgain(_ id: EventID) {
        if case .placed = fates[id] { return }
        fates[id] = .flying
        open.insert(id)
    }

    mutating func noteCommit() { commits += 1 }

    /// The events have been acknowledged, the first of them at this offset if that was said.
    mutating func acknowledge(_ ids: [EventID], at base: Int64?) throws(Violation) {
        for (index, id) in ids.enumerated() {
            let offset = base.map { $0 + Int64(index) }
            if case .placed(_, let place) = fates[id], let offset {
                try require(
                    place == offset, "P2", "\(id) is at \(place), acknowledged at \(offset)")
            }
            acknowledged[id] = offset
        }
    }

    /// The events have been refused, and are not in the log.
    mutating func refuse(_ ids: [EventID]) throws(Violation) {
        for id in ids {
            if case .placed = fates[id] { throw Violation("P1", "\(id) was refused and is there") }
            fates[id] = .over
        }
    }

    /// Nobody will say what became of these.
    mutating func doubt(_ ids: [EventID]) {
        for id in ids where fates[id] == .flying { fates[id] = .doubtful(commits: commits) }
    }

    func isPlaced(_ id: EventID) -> Bool {
        if case .placed = fates[id] { true } else { false }
    }

    // MARK: Partitions

    /// An event has been read behind all that were known.
    mutating func found(
        _ id: EventID, at offset: Int64, of partition: PartitionID, age: Int64, appendTime: Int64,
        isReopened: Bool
    ) throws(Violation) {
        switch fates[id] {
        case .flying: break
        case .doubtful(let count):
            try require(
                isReopened && count == commits, "P2",
                "\(id) turned up at \(offset), long after it failed")
        case .placed(_, let other): throw Violation("P3", "\(id) is at \(other) and at \(offset)")
        case .over: throw Violation("P2", "\(id) was refused or lost, and stands at \(offset)")
        case nil: throw Violation("P6", "nobody sent \(id), which stands at \(offset)")
        }
        try partitions[partition, default: ModelPartition()].place(
            ModelPartition.Placed(id: id, age: age, appendTime: appendTime), at: offset)
        fates[id] = .placed(partition, offset)
    }

    /// Offsets of a partition that a gap takes and that had not gone before.
    mutating func note(_ gap: Gap, in partition: PartitionID) -> [Int64] {
        partitions[partition, default: ModelPartition()].note(gap)
    }

    /// Events went before anybody looked at them: they were the first to make room for.
    mutating func skip(_ gap: Gap, in partition: PartitionID) {
        partitions[partition, default: ModelPartition()].skip(gap)
        hasUnseen = true
        unseen.formUnion(open)
    }

    /// Everything that has come to rest: what was acknowledged has to be in the log, where it was
    /// said to be; what else was under way will never be.
    mutating func settle(isReopened: Bool) throws(Violation) {
        for (id, offset) in acknowledged.sorted(by: { $0.key < $1.key }) {
            guard case .placed(_, let place) = fates[id] else {
                try require(
                    hasUnseen || unseen.contains(id), "P1",
                    "\(id) was acknowledged and is not in the log")
                continue
            }
            if let offset {
                try require(
                    place == offset, "P2", "\(id) is at \(place), acknowledged at \(offset)")
            }
        }
        acknowledged = [:]
        hasUnseen = false
        for id in open {
            switch fates[id] {
            case .flying: fates[id] = .doubtful(commits: commits)
            case .doubtful(let count) where isReopened || count != commits: fates[id] = .over
            case .doubtful: break
            case .placed, .over, nil: open.remove(id)
            }
        }
    }

    // MARK: Streams

    mutating func noteStream(_ definition: StreamDefinition) {
        streams[definition.name.text] = definition
        for index in 0..<definition.partitionCount {
            let id = PartitionID(definition.incarnation, UInt32(index))
            if partitions[id] == nil { partitions[id] = ModelPartition() }
        }
    }

    mutating func noteDeleted(_ name: String) {
        guard let gone = streams.removeValue(forKey: name)?.incarnation else { return }
        let keys = positions.keys.filter { $0.partition.incarnation == gone }
        for key in keys { positions[key] = nil }
        for key in doubtfulPositions.keys where key.partition.incarnation == gone {
            doubtfulPositions[key] = nil
        }
    }

    /// The partitions of all streams that are there, in order.
    var livePartitions: [PartitionID] {
        streams.values.flatMap { stream in
            (0..<stream.partitionCount).map { PartitionID(stream.incarnation, UInt32($0)) }
        }.sorted()
    }
}
