internal import Bytes
internal import StreamModel

/// Everything the log knows beside the events themselves: a fold over the blocks, in order.
///
/// It is a value: opening folds a snapshot and the blocks after it, the writer folds each block it
/// has made durable, and both get the same state.
struct LogState: Sendable {
    var streams: [StreamIncarnation: StreamState] = [:]
    private(set) var incarnations: [StreamName: StreamIncarnation] = [:]
    private(set) var producers: [ProducerID: ProducerState] = [:]
    private(set) var producerIDs: [String: ProducerID] = [:]
    private(set) var positions: [PositionKey: Position] = [:]
    private(set) var feeds: [FeedKey: FeedGate] = [:]
    private(set) var clockEpochs: [ClockEpoch] = []
    private(set) var firstSegment: UInt64 = 1
    /// In the order of their segments; only those that still have one.
    private(set) var formerStores: [FormerStore] = []
    private(set) var nextIncarnation: UInt32 = 1
    private(set) var nextProducer: Int64 = 1
    /// The number the next block gets, and the checksum it has to chain to.
    private(set) var nextBlock = BlockNumber(rawValue: 1)
    private(set) var chain: UInt32 = 0
    /// The clocks of the last block, or of the segment's header before there is one.
    private(set) var clock = ClockReading(wall: 0, boot: 0, age: 0, epoch: 0)

    /// Ends of epochs are kept for this many of them; older ones are forgotten.
    private static let clockEpochCountMax = 512

    struct StreamState: Sendable {
        var definition: StreamDefinition
        var partitions: [PartitionState]
    }

    struct PartitionState: Sendable {
        /// The first offset that has not been retained away.
        var start: Int64 = 0
        /// The offset the next event gets.
        var end: Int64 = 0
        var gaps = GapList()
    }

    struct ProducerState: Sendable {
        var name = ""
        var epoch: Int16
        /// The store's age when it was last heard of.
        var lastUsed: Int64
        var windows: [PartitionID: ProducerWindow] = [:]
    }

    func partition(_ id: PartitionID) -> PartitionState? {
        guard let stream = streams[id.incarnation], id.index < stream.partitions.count else {
            return nil
        }
        return stream.partitions[Int(id.index)]
    }

    func stream(named name: StreamName) -> StreamDefinition? {
        incarnations[name].flatMap { streams[$0]?.definition }
    }

    func window(of producer: ProducerID, in partition: PartitionID) -> ProducerWindow? {
        producers[producer]?.windows[partition]
    }

    // MARK: Folding

    /// Takes in a block that is durable.
    mutating func apply(_ block: BlockEnvelope) {
        apply(block.changes)
        for entry in block.directory { apply(entry) }
        advance(past: block.header.number, chain: block.checksum, clock: block.header.clock)
    }

    mutating func apply(_ changes: [StateChange]) {
        for change in changes { apply(change) }
    }

    /// Says which block was the last one, without what it held.
    mutating func advance(past number: BlockNumber, chain: UInt32, clock: ClockReading) {
        nextBlock = number.next
        self.chain = chain
        self.clock = clock
    }

    /// Forgets the numbers that blocks and segments had: they are numbered anew, and all segments
    /// are of this store.
    mutating func renumber(_ number: (BlockNumber) -> BlockNumber) {
        clockEpochs = clockEpochs.map { $0.renumbered(number) }
        firstSegment = 1
        formerStores = []
    }

    /// Takes in what a directory entry says of its partition and its producer.
    mutating func apply(_ entry: DirectoryEntry) {
        let id = entry.partition
        let index = Int(id.index)
        adoptIfUnknown(id)
        let end = streams[id.incarnation]?.partitions[index].end ?? 0
        streams[id.incarnation]?.partitions[index].end = max(end, entry.endOffset)
        guard let stamp = entry.producer else { return }
        let batch = ProducerWindow.Batch(
            baseSequence: stamp.baseSequence, recordCount: Int32(clamping: entry.recordCount),
            baseOffset: entry.baseOffset)
        note(stamp, batch, in: id)
    }

    private mutating func note(
        _ stamp: ProducerStamp, _ batch: ProducerWindow.Batch, in partition: PartitionID
    ) {
        let fresh = ProducerState(epoch: stamp.epoch, lastUsed: clock.age)
        nextProducer = max(nextProducer, min(stamp.id.rawValue, LogLimits.offsetMax - 1) + 1)
        producers[stamp.id, default: fresh].lastUsed = clock.age
        if let known = producers[stamp.id]?.windows[partition] {
            // Nobody writes a block in which an epoch goes back; a file may say anything.
            guard stamp.epoch >= known.epoch else { return }
            producers[stamp.id]?.windows[partition]?.append(batch, epoch: stamp.epoch)
        } else {
            let window = ProducerWindow(epoch: stamp.epoch, batch: batch)
            producers[stamp.id]?.windows[partition] = window
        }
    }

    /// A block may name a partition whose definition was lost to damage. Its events are not.
    private mutating func adoptIfUnknown(_ id: PartitionID) {
        if let stream = streams[id.incarnation] {
            guard id.index >= stream.partitions.count else { return }
            grow(id.incarnation, to: Int(id.index) + 1)
        } else if let name = try? StreamName("recovered-\(id.incarnation.rawValue)") {
            define(
                StreamDefinition(
                    incarnation: id.incarnation, name: name, partitionCount: Int(id.index) + 1,
                    configuration: StreamConfiguration(), createdAt: clock.wall))
        }
    }

    private mutating func apply(_ change: StateChange) {
        switch change {
        case .stream(let definition): define(definition)
        case .streamDeleted(let incarnation): delete(incarnation)
        case .end(let id, let offset):
            adoptIfUnknown(id)
            streams[id.incarnation]?.partitions[Int(id.index)].end = offset
        case .logStart(let id, let offset):
            adoptIfUnknown(id)
            streams[id.incarnation]?.partitions[Int(id.index)].start = offset
        case .gap(let id, let gap):
            adoptIfUnknown(id)
            apply(gap, to: id)
        case .producer(let id, let epoch, let lastUsed, let name):
            register(id, epoch: epoch, lastUsed: lastUsed, name: name)
        case .window(let id, let partition, let window):
            producers[id]?.windows[partition] = window
        case .producerExpired(let id): forget(id)
        case .position(let key, let position): positions[key] = position
        case .positionRemoved(let key): positions[key] = nil
        case .feed(let key, let gate): feeds[key] = gate
        case .feedRemoved(let key): remove(key)
        case .firstSegment(let number):
            firstSegment = number
            formerStores.removeAll { $0.lastSegment < number }
        case .clockEpoch(let epoch):
            clockEpochs.append(epoch)
            if clockEpochs.count > Self.clockEpochCountMax { clockEpochs.removeFirst() }
        case .allocators(let incarnation, let producer):
            nextIncarnation = max(nextIncarnation, incarnation)
            nextProducer = max(nextProducer, producer)
        case .formerStore(let former):
            guard former.lastSegment > formerStores.last?.lastSegment ?? 0 else { return }
            formerStores.append(former)
        }
    }

    private mutating func apply(_ gap: Gap, to id: PartitionID) {
        let index = Int(id.index)
        let isTrim = gap.reason == .retention || gap.reason == .diskPressure
        guard isTrim, gap.offsets.lowerBound == 0 else {
            streams[id.incarnation]?.partitions[index].gaps.insert(gap)
            return
        }
        streams[id.incarnation]?.partitions[index].gaps.trim(
            to: gap.offsets.upperBound, reason: gap.reason, time: gap.time)
    }

    private mutating func define(_ definition: StreamDefinition) {
        let incarnation = definition.incarnation
        nextIncarnation = max(nextIncarnation, min(incarnation.rawValue, .max - 2) + 1)
        if let known = streams[incarnation] {
            incarnations[known.definition.name] = nil
            streams[incarnation]?.definition = definition
            grow(incarnation, to: max(definition.partitionCount, known.partitions.count))
        } else {
            let partitions = Array(repeating: PartitionState(), count: definition.partitionCount)
            streams[incarnation] = StreamState(definition: definition, partitions: partitions)
        }
        incarnations[definition.name] = incarnation
    }

    private mutating func grow(_ incarnation: StreamIncarnation, to count: Int) {
        guard let stream = streams[incarnation] else { return }
        let missing = max(0, count - stream.partitions.count)
        streams[incarnation]?.partitions += Array(repeating: PartitionState(), count: missing)
        streams[incarnation]?.definition.partitionCount = stream.partitions.count + missing
    }

    private mutating func delete(_ incarnation: StreamIncarnation) {
        guard let stream = streams.removeValue(forKey: incarnation) else { return }
        incarnations[stream.definition.name] = nil
        positions = positions.filter { $0.key.partition.incarnation != incarnation }
        feeds = feeds.filter { $0.key.incarnation != incarnation }
        for id in producers.keys {
            let kept = producers[id]?.windows.filter { $0.key.incarnation != incarnation }
            producers[id]?.windows = kept ?? [:]
        }
    }

    private mutating func register(
        _ id: ProducerID, epoch: Int16, lastUsed: Int64, name: String
    ) {
        nextProducer = max(nextProducer, min(id.rawValue, LogLimits.offsetMax - 1) + 1)
        producers[id, default: ProducerState(epoch: epoch, lastUsed: lastUsed)].name = name
        producers[id]?.epoch = epoch
        producers[id]?.lastUsed = lastUsed
        if !name.isEmpty { producerIDs[name] = id }
    }

    private mutating func forget(_ id: ProducerID) {
        guard let state = producers.removeValue(forKey: id) else { return }
        if !state.name.isEmpty { producerIDs[state.name] = nil }
    }

    private mutating func remove(_ key: FeedKey) {
        feeds[key] = nil
        positions = positions.filter {
            $0.key.kind != .feed || $0.key.name != key.name
                || $0.key.partition.incarnation != key.incarnation
        }
    }
}
