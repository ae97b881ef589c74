internal import Compression
internal import DurableFiles
internal import StreamModel
internal import Synchronization

/// Does what the queue and the drafts decide, on the one thread that owns every write transaction.
///
/// The order of a commit: decide against the durable state, write, wait for the device, make the
/// new state visible, tell the callers. Nothing is visible or acknowledged before it is durable.
struct LogWriter: ~Copyable {
    let shared: LogShared
    let layout: LogLayout
    let configuration: LogConfiguration
    let clock: any LogClock
    var keeper: AgeKeeper
    var segment: SegmentWriter
    /// The store's age when the segment was created.
    var segmentBirth: Int64
    /// Set when the segment must not be written any more, although it may not be full.
    var mustRoll = false
    /// When, by the boot clock, and in which segment what has expired was last looked for.
    var maintained: (boot: Int64, segment: UInt64) = (.min, 0)
    /// What streams, producers and positions take in a snapshot, or a little more.
    var stateByteCount = 0
    private var failureCount = 0
    private var compressor = ZstdCompressor()
    var random: any RandomNumberGenerator

    private var pending = PendingBlock(appendTime: 0)
    /// Why the oldest segment may go once a request that was let through on the last of the space
    /// has been committed.
    var owedRemoval: Gap.Reason?

    /// How many callers the last commit answered, and how long it took.
    private var lastAnswerCount = 0
    private var lastCommitTime = Duration.zero
    /// From this many on, callers are worth waiting for: they are likely to come back at once.
    private static let companyCount = 4

    /// After this many failures in a row that are not for want of space, the log gives up.
    private static let failureCountMax = 3
    /// How often the writer looks for what has expired when nothing else wakes it.
    private static let restMilliseconds: Int64 = 1000
    /// How often it looks whether space has come free for what waits for it.
    private static let waitMilliseconds: Int64 = 50

    /// What the writer goes on from.
    struct Start {
        let layout: LogLayout
        let configuration: LogConfiguration
        let clock: any LogClock
        let keeper: AgeKeeper
        let segment: SegmentWriter
        let random: any RandomNumberGenerator
    }

    init(_ shared: LogShared, _ start: consuming Start) {
        self.shared = shared
        layout = start.layout
        configuration = start.configuration
        clock = start.clock
        keeper = start.keeper
        segment = start.segment
        segmentBirth = start.keeper.last.age
        stateByteCount = start.segment.header.snapshotByteCount
        random = start.random
    }

    // MARK: The loop

    /// Returns when the log has been closed and everything left has been committed.
    mutating func run() {
        while true {
            if lastAnswerCount >= Self.companyCount {
                shared.inbox.gather(lastAnswerCount, for: lastCommitTime / 4)
            }
            switch shared.inbox.next(.everything, within: Self.restMilliseconds) {
            case .load(let load): process(load)
            case .nothing: lastAnswerCount = 0
            case .closed: return
            }
            maintain()
        }
    }

    /// Commits a load, in as many blocks as it needs.
    private mutating func process(_ load: CommitQueue.Load) {
        if configuration.linger > 0 { shared.pause(milliseconds: configuration.linger) }
        var load = load
        lastAnswerCount = 0
        pending = PendingBlock(appendTime: clock.read().wall)
        if configuration.budgetPolicy == .backpressure {
            // An append that waits for space must not keep back the position that frees it.
            for case .commit(let commit, let completion) in load.takeRequests() {
                add(commit, completion)
            }
            flush()
        }
        for work in load.work {
            switch work {
            case .commit(let commit, let completion): add(commit, completion)
            case .gathering(let place): add(&load.gatherings[place])
            }
        }
        flush()
    }

    private mutating func add(_ commit: Commit, _ completion: @escaping CommitCompletion) {
        let limit = LogLimits.blockByteCountMax - (256 << 10)
        guard commit.byteCount <= limit else {
            return completion(
                .failure(.tooLarge(.commit, byteCount: commit.byteCount, limit: limit)))
        }
        add(.commit(commit, completion))
    }

    private mutating func add(_ gathering: inout CommitQueue.Gathering) {
        let batch = finish(&gathering)
        add(.records(batch, gathering.partition, gathering.waiting))
    }

    private mutating func add(_ work: PendingWork) {
        if !pending.draft.hasRoom(for: work.byteCount, batchCount: work.batchCount) { flush() }
        var refusal = shared.view.withLock { view in pending.add(work, to: view.state) }
        if case .tooLarge = refusal, !pending.isEmpty {
            // Alone it may fit.
            flush()
            refusal = shared.view.withLock { view in pending.add(work, to: view.state) }
        }
        if let refusal { work.refuse(refusal) }
    }

    private mutating func finish(_ gathering: inout CommitQueue.Gathering) -> RecordBatch {
        let incarnation = gathering.partition.incarnation
        let compression = shared.view.withLock { view in
            view.state.streams[incarnation]?.definition.configuration.compression
        }
        guard compression == .zstd else { return gathering.builder.finish() }
        return gathering.builder.finish(compressor: &compressor)
    }

    // MARK: Committing

    /// Makes the draft durable, in this segment or a new one, and tells those who wait for it.
    private mutating func flush() {
        var full = pending
        pending = PendingBlock(appendTime: full.draft.appendTime)
        if full.isEmpty { return answer(full.answers) }
        if let refusal = shared.view.withLock({ $0.failure }) {
            return refuse(full.answers, .closed(reason: refusal))
        }
        if let refusal = obtainRoom(for: &full) { return refuse(full.answers, refusal) }
        guard !full.isEmpty else { return answer(full.answers) }
        do throws(CommitError) {
            let start = ContinuousClock.now
            try commit(full.draft)
            lastCommitTime = start.duration(to: .now)
            lastAnswerCount += full.answers.reduce(0) { $0 + $1.callerCount }
            answer(full.answers)
        } catch {
            refuse(full.answers, error)
        }
        payWhatIsOwed()
    }

    /// Nil when there is room for the draft, which may have been waited for.
    ///
    /// While appends wait, requests are committed: a feed's position is what frees space. Whatever
    /// was committed meanwhile, the draft has been decided again against it.
    private mutating func obtainRoom(for block: inout PendingBlock) -> CommitError? {
        var decidedBefore = nextBlock
        var isWaiting = false
        if let refusal = checkState(block.draft) { return .full(refusal) }
        while let shortage = makeRoom(for: block.draft) {
            guard configuration.budgetPolicy == .backpressure, couldFit(block.draft, shortage)
            else { return .full(shortage) }
            if !isWaiting { shared.view.withLock { $0.counters.waitsForSpace += 1 } }
            isWaiting = true
            switch shared.inbox.next(.requestsOnly, within: Self.waitMilliseconds) {
            case .load(let requests): process(requests)
            case .nothing: break
            case .closed: return .closed(reason: nil)
            }
            maintain(.now)
            if nextBlock != decidedBefore {
                decidedBefore = nextBlock
                decideAgain(&block)
            }
        }
        if nextBlock != decidedBefore { decideAgain(&block) }
        return nil
    }

    private var nextBlock: BlockNumber { shared.view.withLock { $0.state.nextBlock } }

    private func decideAgain(_ block: inout PendingBlock) {
        let time = clock.read().wall
        let again = shared.view.withLock { block.decidedAgain(at: time, against: $0.state) }
        block = again.block
        for (work, error) in again.refused { work.refuse(error) }
    }

    /// Whether waiting may help.
    private func couldFit(_ draft: BlockDraft, _ shortage: CommitError.Shortage) -> Bool {
        // Requests do not wait: others that would free space may be behind them.
        guard !draft.batches.isEmpty else { return false }
        return switch shortage {
        case .budget, .disk: growth(of: draft) + lastReserve + 2 * layout.reserve < layout.budget
        case .queue, .state: false
        }
    }

    /// After an error nothing of the draft is in the log, unless the error says otherwise.
    mutating func commit(_ draft: BlockDraft) throws(CommitError) {
        let before = keeper
        do throws(StorageFault) {
            let isFull = segment.byteCount + growth(of: draft) > layout.segmentByteCount
            let producers = draft.producers
            if mustRoll || isFull && !segment.isEmpty { try roll(sparing: producers) }
            do throws(StorageFault) {
                try write(draft)
            } catch {
                // The file may hold the block or not. The next one says that it does not count,
                // and takes the same bytes at the same offsets.
                noteFlushFailure()
                keeper = before
                try roll(sparing: producers)
                try write(draft)
            }
            failureCount = 0
        } catch {
            mustRoll = true
            keeper = before
            throw failed(error)
        }
    }

    /// What a draft takes of the volume, at most.
    func growth(of draft: BlockDraft) -> Int {
        let pageByteCount = segment.header.pageByteCount
        return SegmentWriter.growth(
            ofBlock: draft.blockByteCount(pageByteCount: pageByteCount) + 64,
            pageByteCount: pageByteCount)
    }

    private mutating func write(_ draft: BlockDraft) throws(StorageFault) {
        let (number, chain) = shared.view.withLock { ($0.state.nextBlock, $0.state.chain) }
        let (reading, epoch) = keeper.advance(to: clock.read(), block: number)
        var complete = draft
        if let epoch { complete.add(.clockEpoch(epoch)) }
        let block = complete.encoded(
            number: number, chain: chain, clock: reading, salt: segment.header.salt,
            pageByteCount: segment.header.pageByteCount)
        let start = ContinuousClock.now
        let position = try segment.append(block)
        let time = start.duration(to: .now)
        shared.publish(
            block, at: position, of: segment.number, byteCount: segment.occupiedByteCount, time)
    }

    private mutating func failed(_ fault: StorageFault) -> CommitError {
        if shared.isVolumeFull(needing: layout.reserve) {
            return .full(.disk(path: shared.log.directory.path))
        }
        // Who lets go of descriptors or memory lets the log go on; a disk does not mend itself.
        guard !fault.isShortage else { return .storage(fault) }
        failureCount += 1
        if failureCount >= Self.failureCountMax {
            shared.view.withLock { $0.failure = fault }
        }
        return .storage(fault)
    }

    private func noteFlushFailure() {
        if shared.isVolumeFull(needing: layout.reserve) { shared.giveUpBallast() }
        shared.view.withLock { $0.counters.flushFailures += 1 }
    }

    /// Begins a new segment after the last durable block. An empty one is replaced. Where a step
    /// fails, a new file is tried once.
    ///
    /// Producers that have been idle for long are forgotten with it, but for those that the block
    /// to come names.
    mutating func roll(sparing named: Set<ProducerID> = []) throws(StorageFault) {
        // Should this fail, its file may be there all the same, and say where the old one ends.
        mustRoll = true
        var state = shared.view.withLock { $0.state }
        state.expireProducers(idleFor: configuration.producerExpiry, sparing: named)
        let number = segment.isEmpty ? segment.number : segment.number + 1
        let origin = SegmentWriter.Origin(
            store: segment.header.store, segment: number,
            salt: UInt64.random(in: .min ... .max, using: &random),
            layout: layout, bootID: keeper.bootID, state: state)
        let next: SegmentWriter
        do throws(StorageFault) { next = try SegmentWriter(origin, in: shared.log) } catch {
            noteFlushFailure()
            next = try SegmentWriter(origin, in: shared.log)
        }
        try shared.activate(next, state, closing: segment)
        segment = next
        segmentBirth = keeper.last.age
        stateByteCount = next.header.snapshotByteCount
        mustRoll = false
    }
}
