internal import Dispatch
internal import DurableFiles
internal import StreamModel
internal import Synchronization

/// What the writer, the readers and the background share of one open log.
final class LogShared: Sendable {
    let log: LogDirectory
    let catalog: SegmentCatalog
    let inbox: WriterInbox
    let view: Mutex<LogView>
    let followers = Followers()
    let store: Directory
    let pageByteCount: Int
    let layout: LogLayout
    let clock: any LogClock
    private let background = DispatchQueue(label: "millrace.background")
    private let tidying: LogConfiguration.Tidying
    private let ballast: Mutex<Int>
    /// What others keep on the store's account, in bytes.
    private let outsideUse = Atomic<Int>(0)
    private static let ballastName = "BALLAST"

    init(
        store: Directory, log: LogDirectory, catalog: SegmentCatalog, pageByteCount: Int,
        clock: any LogClock, _ configuration: LogConfiguration, layout: LogLayout, view: LogView
    ) {
        tidying = configuration.tidying
        self.clock = clock
        self.layout = layout
        self.store = store
        self.log = log
        self.catalog = catalog
        self.pageByteCount = pageByteCount
        inbox = WriterInbox(capacity: configuration.queueByteCount)
        self.view = Mutex(view)
        ballast = Mutex(Self.makeBallast(layout.ballastByteCount, in: store))
    }

    // MARK: Publishing

    /// Makes a durable block visible.
    func publish(
        _ block: EncodedBlock, at position: Int, of segment: UInt64, byteCount: Int,
        _ time: Duration
    ) {
        view.withLock { view in
            view.state.apply(block.envelope)
            view.active.add(block.envelope, at: position)
            view.segments[segment] = byteCount
            for (entry, batch) in zip(block.envelope.directory, block.batches) {
                let recent = RecentBatch(batch: batch, entry)
                view.recent.add(recent, to: entry.partition)
                view.counters.note(entry)
            }
            view.counters.commits += 1
            view.counters.commitTime += time
            view.counters.writtenByteCount += block.envelope.header.blockByteCount
        }
        followers.wake(block.envelope.directory)
        for case .streamDeleted(let incarnation) in block.envelope.changes {
            followers.wake(incarnation)
        }
    }

    /// Makes a new segment the active one.
    func activate(
        _ next: SegmentWriter, _ state: LogState, closing old: SegmentWriter
    ) throws(StorageFault) {
        let file = try reader(of: next)
        let closed = view.withLock { view in
            var closed = view.active
            closed.complete(with: view.state)
            view.state = state
            view.active = SegmentIndex(segment: next.number)
            view.activeFile = file
            view.segments[next.number] = next.occupiedByteCount
            return closed
        }
        let (header, reservation) = (old.header, old.reservation)
        guard !old.isEmpty else { return }
        tidy { [self] in
            try? reservation?.releaseReserved()
            catalog.store(closed, of: header)
            measure(header.segment)
        }
    }

    func reader(of segment: SegmentWriter) throws(StorageFault) -> SegmentFile {
        do {
            return SegmentFile(
                number: segment.number, salt: segment.header.salt,
                pageByteCount: segment.header.pageByteCount, try log.openSegment(segment.number))
        } catch {
            throw .file(error)
        }
    }

    /// Writes the index of a closed segment, in the background.
    func storeIndex(_ index: SegmentIndex, of header: SegmentHeader) {
        tidy { [self] in
            catalog.store(index, of: header)
            measure(header.segment)
        }
    }

    private func tidy(_ work: @escaping @Sendable () -> Void) {
        switch tidying {
        case .beside: background.async(execute: work)
        case .inTurn: work()
        }
    }

    /// Waits until the background has done what it was given.
    func finishBackground() { background.sync {} }

    private func measure(_ segment: UInt64) {
        guard let byteCount = try? log.byteCount(ofSegment: segment) else { return }
        view.withLock { view in
            // It may have been removed meanwhile.
            if view.segments[segment] != nil { view.segments[segment] = byteCount }
        }
    }

    // MARK: Space

    /// What the store takes of its volume, in bytes.
    var usedByteCount: Int {
        logByteCount + ballast.withLock { $0 } + outsideUse.load(ordering: .relaxed)
    }

    /// What the segments alone take, in bytes.
    var logByteCount: Int { view.withLock { $0.segments.values.reduce(0, +) } }

    func noteOutsideUse(_ byteCount: Int) {
        outsideUse.store(max(0, byteCount), ordering: .relaxed)
    }

    /// In order.
    var segmentNumbers: [UInt64] { view.withLock { $0.segments.keys.sorted() } }

    func isVolumeFull(needing needed: Int) -> Bool {
        guard let volume = try? Volume(holding: store.path) else { return false }
        return volume.freeByteCount < needed
    }

    /// Frees the space that was set aside for getting out of a full disk.
    func giveUpBallast() {
        ballast.withLock { byteCount in
            try? store.remove(Self.ballastName)
            byteCount = 0
        }
    }

    /// The answer is how many bytes it takes: a store on a full disk opens without.
    private static func makeBallast(_ byteCount: Int, in store: Directory) -> Int {
        do {
            let file = try File(store.path(of: ballastName), .writing)
            let held = try file.status().allocatedByteCount
            if held >= byteCount { return held }
            try file.allocate(byteCount)
            return byteCount
        } catch {
            try? store.remove(ballastName)
            return 0
        }
    }

    /// Keeps the calling thread, which has to be one of its own, waiting.
    func pause(milliseconds: Int64) {
        _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(Int(milliseconds)))
    }

    // MARK: Removing

    /// The changes that remove a segment from a log of that state, or nil when a feed still needs
    /// it.
    func removal(
        of segment: UInt64, _ reason: Gap.Reason, time: Int64, in state: LogState
    ) -> [StateChange]? {
        let index = (try? catalog.segment(segment))??.index
        guard let next = segmentNumbers.first(where: { $0 > segment }) else { return nil }
        var changes: [StateChange] = []
        for (id, held) in (index?.partitions ?? [:]).sorted(by: { $0.key < $1.key }) {
            guard let partition = state.partition(id), held.end > partition.start else {
                continue
            }
            guard state.mayRemove(id, upTo: held.end, for: reason) else { return nil }
            let gap = Gap(offsets: 0..<held.end, reason: reason, time: time)
            changes.append(.logStart(id, offset: held.end))
            changes.append(.gap(id, gap))
        }
        changes.append(.firstSegment(next))
        return changes
    }

    /// Unlinks a segment that is before the log's start.
    func removeSegment(_ number: UInt64) {
        // Readers that find the file gone look here, so that they do not take it for damage.
        view.withLock { $0.segments[number] = nil }
        catalog.forget(number)
        // What cannot be unlinked now is before the log's start, and goes when the log is opened.
        try? log.removeSegment(number)
        try? log.directory.sync()
    }
}

extension LogState {
    /// Whether every feed of the stream has read up to `offset`, or may lose what it has not.
    fileprivate func mayRemove(
        _ id: PartitionID, upTo offset: Int64, for reason: Gap.Reason
    ) -> Bool {
        feeds.allSatisfy { key, gate in
            guard key.incarnation == id.incarnation else { return true }
            let place = PositionKey(kind: .feed, name: key.name, partition: id)
            if positions[place]?.offset ?? 0 >= offset { return true }
            return switch gate {
            case .never: false
            case .onDiskPressure: reason == .diskPressure
            case .whenExpired: true
            }
        }
    }
}

extension LogCounters {
    mutating func note(_ entry: DirectoryEntry) {
        records += entry.recordCount
        batches += 1
        doubtfulCreateTimes += entry.hasDoubtfulCreateTime ? 1 : 0
        payloadByteCount += entry.length
    }
}
