internal import Bytes
internal import StreamModel

/// A commit block that is being put together, and what it will change.
///
/// It decides everything (offsets, duplicates, refusals) against the durable state and what is in
/// the draft already, and changes neither: a draft that never becomes durable leaves no trace.
struct BlockDraft {
    private(set) var changes: [StateChange] = []
    private(set) var directory: [DirectoryEntry] = []
    /// As they came: their offsets are in the directory, and are put into the bytes on the way.
    private(set) var batches: [RecordBatch] = []
    private(set) var batchesByteCount = 0
    private var changesWriter = ByteWriter()

    /// How many producers begin to write to a partition.
    private(set) var newWindowCount = 0
    private var ends: [PartitionID: Int64] = [:]
    private var windows: [WindowKey: ProducerWindow] = [:]
    var fresh = FreshNames()

    /// Milliseconds since 1970: what the events of the block get as their append time.
    let appendTime: Int64

    private struct WindowKey: Hashable {
        let producer: ProducerID
        let partition: PartitionID
    }

    /// What the draft has created, deleted or allocated beyond the durable state.
    struct FreshNames {
        var streams: [StreamName: StreamDefinition] = [:]
        var deleted: Set<StreamName> = []
        /// What nothing can be added to any more, although the durable state still has it.
        var deletedIncarnations: Set<StreamIncarnation> = []
        var producers: [String: KnownProducer] = [:]
        var nextIncarnation: UInt32?
        var nextProducer: Int64?
    }

    struct KnownProducer {
        var id: ProducerID
        var epoch: Int16
    }

    init(appendTime: Int64) { self.appendTime = appendTime }

    var isEmpty: Bool { changes.isEmpty && batches.isEmpty }
    var changesByteCount: Int { changesWriter.count }

    /// How long the block will be.
    func blockByteCount(pageByteCount: Int) -> Int {
        BlockEnvelope.blockByteCount(
            changes: changesWriter.count, directoryCount: directory.count,
            batches: batchesByteCount, pageByteCount: pageByteCount)
    }

    /// Whether a commit still fits a block beside what is in the draft.
    func hasRoom(for byteCount: Int, batchCount: Int) -> Bool {
        let entries = (directory.count + batchCount) * DirectoryEntry.byteCount
        let envelopes = 2 * (changesWriter.count + entries + 256)
        return batchesByteCount + byteCount + envelopes + (64 << 10) <= LogLimits.blockByteCountMax
    }

    /// Those that numbered a batch of the draft, or registered.
    var producers: Set<ProducerID> {
        var named = Set(directory.compactMap { $0.producer?.id })
        for case .producer(let id, _, _, _) in changes { named.insert(id) }
        return named
    }

    /// The offset that the next record of a partition gets.
    func end(of id: PartitionID, _ state: LogState) -> Int64 {
        ends[id] ?? state.partition(id)?.end ?? 0
    }

    mutating func add(_ change: StateChange) {
        changes.append(change)
        change.encode(into: &changesWriter)
    }

    /// Adds all of a commit, or nothing of it.
    mutating func add(_ commit: Commit, to state: LogState) -> Result<CommitReceipt, CommitError> {
        do throws(CommitError) {
            if commit.appends.count == 1 && commit.requests.isEmpty {
                let append = commit.appends[0]
                let outcome = try add(append.batch, to: append.partition, state)
                return .success(CommitReceipt(appends: [outcome]))
            }
            var changed = self
            let receipt = try changed.addAll(of: commit, to: state)
            self = changed
            return .success(receipt)
        } catch {
            return .failure(error)
        }
    }

    private mutating func addAll(
        of commit: Commit, to state: LogState
    ) throws(CommitError) -> CommitReceipt {
        var receipt = CommitReceipt()
        for append in commit.appends {
            receipt.appends.append(try add(append.batch, to: append.partition, state))
        }
        for request in commit.requests { receipt.answers.append(try add(request, state)) }
        guard changesWriter.count <= LogLimits.changesByteCountMax else {
            throw CommitError.tooLarge(
                .commit, byteCount: changesWriter.count, limit: LogLimits.changesByteCountMax)
        }
        // Nobody could read a larger block. The rest is for a clock epoch, and the last page.
        let byteCount = blockByteCount(pageByteCount: 1) + (128 << 10)
        guard byteCount <= LogLimits.blockByteCountMax else {
            throw CommitError.tooLarge(
                .commit, byteCount: byteCount, limit: LogLimits.blockByteCountMax)
        }
        return receipt
    }

    /// Adds a batch, and gives it its offsets. When it throws, the draft is as before.
    mutating func add(
        _ batch: RecordBatch, to id: PartitionID, _ state: LogState
    ) throws(CommitError) -> AppendOutcome {
        let stream = try stream(id.incarnation, state)
        guard id.index < stream.partitions.count else {
            throw .stream(.unknownPartition(Int(id.index), count: stream.partitions.count))
        }
        guard batch.byteCount <= LogLimits.batchByteCountMax else {
            throw .tooLarge(
                .batch, byteCount: batch.byteCount, limit: LogLimits.batchByteCountMax)
        }
        let stamp = batch.header.producer.map { producer in
            ProducerStamp(
                id: ProducerID(rawValue: producer.id), epoch: producer.epoch,
                baseSequence: producer.baseSequence)
        }
        let base = ends[id] ?? stream.partitions[Int(id.index)].end
        guard base < LogLimits.offsetMax - LogLimits.offsetJump else {
            throw .stream(.badOffset(base, valid: 0...LogLimits.offsetMax))
        }
        let given = max(
            fresh.nextProducer ?? state.nextProducer, LogLimits.unregisteredProducerIDMax)
        if let stamp, !stamp.isPossible || stamp.id.rawValue >= given {
            throw .malformed(.malformed(.badValue(position: ProducerStamp.positionInBatch)))
        }
        if let stamp, let duplicate = try judge(stamp, batch.count, at: base, in: id, state) {
            return duplicate
        }
        let distance = stream.definition.configuration.createTimeDistanceMax
        place(batch, at: base, in: id, stamp, createTimeDistanceMax: distance)
        return .appended(Offset(unchecked: base))
    }

    /// A stream that there is, and that the draft does not delete.
    func stream(
        _ incarnation: StreamIncarnation, _ state: LogState
    ) throws(CommitError) -> LogState.StreamState {
        guard let stream = state.streams[incarnation],
            !fresh.deletedIncarnations.contains(incarnation)
        else { throw .stream(.unknown("incarnation \(incarnation.rawValue)")) }
        return stream
    }

    /// Nil when the batch is to be appended.
    private mutating func judge(
        _ stamp: ProducerStamp, _ count: Int, at base: Int64, in id: PartitionID, _ state: LogState
    ) throws(CommitError) -> AppendOutcome? {
        if let current = state.producers[stamp.id]?.epoch, stamp.epoch < current {
            throw .producer(.fenced(epoch: stamp.epoch, by: current))
        }
        let key = WindowKey(producer: stamp.id, partition: id)
        let known = windows[key] ?? state.window(of: stamp.id, in: id)
        let batch = ProducerWindow.Batch(
            baseSequence: stamp.baseSequence, recordCount: Int32(clamping: count), baseOffset: base)
        switch known?.verdict(on: stamp, recordCount: count) {
        case nil:
            windows[key] = ProducerWindow(epoch: stamp.epoch, batch: batch)
            newWindowCount += 1
        case .append:
            var window = known
            window?.append(batch, epoch: stamp.epoch)
            windows[key] = window
        case .duplicate(let offset): return .duplicate(offset.map(Offset.init(unchecked:)))
        case .outOfOrder(let expected):
            throw .producer(.outOfOrder(expected: expected, found: stamp.baseSequence))
        case .fenced(let epoch): throw .producer(.fenced(epoch: stamp.epoch, by: epoch))
        }
        return nil
    }

    private mutating func place(
        _ batch: RecordBatch, at base: Int64, in id: PartitionID, _ stamp: ProducerStamp?,
        createTimeDistanceMax distance: Int64
    ) {
        let header = batch.header
        let first = min(header.baseTimestamp, header.maxTimestamp)
        let far = max(
            (appendTime &- first).magnitude, (appendTime &- header.maxTimestamp).magnitude)
        directory.append(
            DirectoryEntry(
                partition: id, baseOffset: base, recordCount: Int(header.lastOffsetDelta) + 1,
                position: 0, length: batch.byteCount, checksum: 0,
                createTimes: first...header.maxTimestamp, appendTime: appendTime,
                producer: stamp, hasDoubtfulCreateTime: far > UInt64(max(0, distance))))
        ends[id] = base + Int64(header.lastOffsetDelta) + 1
        batchesByteCount += batch.byteCount
        batches.append(batch)
    }

    /// Takes a batch over as another block had it, with its offsets, times and producer.
    mutating func keep(_ batch: RecordBatch, as entry: DirectoryEntry) {
        directory.append(entry)
        batchesByteCount += batch.byteCount
        batches.append(batch)
    }

    /// The block's bytes for one segment. The same draft can be encoded for another one, too.
    func encoded(
        number: BlockNumber, chain: UInt32, clock: ClockReading, salt: UInt64, pageByteCount: Int
    ) -> EncodedBlock {
        let header = BlockHeader(
            salt: salt, number: number, clock: clock, chain: chain,
            changesByteCount: changesWriter.count, directoryCount: directory.count,
            blockByteCount: blockByteCount(pageByteCount: pageByteCount))
        var entries = directory
        var position = header.envelopeByteCount
        for index in entries.indices {
            entries[index].position = position
            entries[index].checksum = DirectoryEntry.checksum(
                of: number, entries[index].partition, baseOffset: entries[index].baseOffset,
                head: batches[index].placedHead(at: entries[index].baseOffset))
            position += entries[index].length
        }
        let envelope = BlockEnvelope.encode(
            header, changes: changesWriter.bytes, directory: entries)
        return EncodedBlock(
            envelope: BlockEnvelope(
                header: header, changes: changes, directory: entries, checksum: envelope.checksum),
            envelopeBytes: envelope.bytes, batches: batches)
    }
}
