internal import StreamModel

/// Writes what still verifies of a broken log into a new one.
///
///     source segment ──▶ snapshot, if whole ──▶ state ──▶ new segment
///                        blocks ──▶ whole batches, changes ──▶ the same blocks, numbered anew
///     at the end: what is missing below each partition's end is a gap, and every offset jumps
///
/// Batches keep their offsets, times and producers. A snapshot is believed over what was folded
/// before it, because nothing is missing in it.
struct Salvage {
    private let source: SalvageSource
    private let log: LogDirectory
    private let time: SystemTime
    private var random: any RandomNumberGenerator
    private var report: SalvageReport

    /// Of the new log, so far.
    private var state = LogState()
    private var renumbering = BlockRenumbering()
    private var nextSegment: UInt64 = 1
    /// The last block of the old log that was met.
    private var last = BlockNumber(rawValue: 0)
    private var covered: [PartitionID: OffsetRanges] = [:]
    /// The offsets after those that a directory names, whether the batches are whole or not.
    private var ends: [PartitionID: Int64] = [:]
    private var hasSnapshot = false

    init(
        _ source: SalvageSource, into log: LogDirectory, time: SystemTime,
        random: any RandomNumberGenerator
    ) {
        self.source = source
        self.log = log
        self.time = time
        self.random = random
        let id = StoreID(
            high: .random(in: 0 ... .max, using: &self.random),
            low: .random(in: 0 ... .max, using: &self.random))
        report = SalvageReport(store: source.store ?? id)
        report.isIDLost = source.store == nil
        report.damage = source.damage
    }

    /// Nil when there is nothing to salvage. `progress` is told after each segment how many of how
    /// many are done.
    consuming func run(progress: (Int, Int) -> Void) throws(StorageFault) -> SalvageReport? {
        for (place, segment) in source.segments.enumerated() {
            let isLast = place + 1 == source.segments.count
            let end = isLast ? nil : source.segments[place + 1].predecessorEnd
            var copies: [SalvagedCopy] = []
            for file in segment.files {
                copies.append(
                    try SalvagedCopy(file, of: segment, pageByteCount: source.pageByteCount))
            }
            note(copies, of: segment)
            adoptState(of: copies)
            try write(copies, upTo: end ?? .last)
            for file in segment.files { file.close() }
            report.segmentCount += 1
            progress(place + 1, source.segments.count)
        }
        guard hasSnapshot || report.blockCount > 0 else { return nil }
        try finish()
        return report
    }

    // MARK: One segment

    private mutating func note(_ copies: [SalvagedCopy], of segment: SalvageSource.Segment) {
        for copy in copies {
            let path = copy.path
            for detail in copy.scan.damage {
                report.damage.append(Damage(segment: segment.number, path: path, detail))
            }
            if copy.scan.header == nil {
                report.damage.append(Damage(segment: segment.number, path: path, .header))
            }
            if copy.scan.snapshot == nil {
                report.damage.append(Damage(segment: segment.number, path: path, .snapshot))
            }
        }
    }

    private mutating func adoptState(of copies: [SalvagedCopy]) {
        for copy in copies {
            guard let snapshot = copy.scan.snapshot,
                var found = try? LogState(
                    snapshot: snapshot, after: state.nextBlock.previous, chain: state.chain,
                    clock: copy.scan.header?.clock ?? state.clock)
            else { continue }
            found.renumber { renumbering($0) }
            state = found
            hasSnapshot = true
            return
        }
    }

    private mutating func write(
        _ copies: [SalvagedCopy], upTo end: BlockNumber
    ) throws(StorageFault) {
        let numbers = Set(copies.flatMap { $0.scan.blocks.map(\.envelope.header.number) })
        var segment: SalvagedSegment?
        for number in numbers.sorted() where number > last && number <= end {
            if number > last.next { noteMissing(last.next, before: copies) }
            last = number
            let found = copies.compactMap { copy in copy.block(number).map { (copy, $0) } }
            guard let draft = try draft(of: found) else { continue }
            if segment == nil { segment = try begin(copies.map(\.byteCount).max() ?? 0) }
            try add(draft, like: found[0].1.envelope.header, to: &segment)
        }
        try segment?.finish(state, in: log)
    }

    private mutating func noteMissing(_ number: BlockNumber, before copies: [SalvagedCopy]) {
        // Nobody knows what was before the oldest segment that is left.
        guard last.rawValue > 0, let copy = copies.first else { return }
        report.damage.append(
            Damage(segment: copy.number, path: copy.path, block: number, .missingBlock))
    }

    /// What is whole of a block; nil when nothing is.
    private mutating func draft(
        of found: [(SalvagedCopy, SegmentScan.Block)]
    ) throws(StorageFault) -> BlockDraft? {
        guard let envelope = found.first?.1.envelope else { return nil }
        let header = envelope.header
        report.blockCount += 1
        renumbering.note(header.number, is: state.nextBlock)
        var draft = BlockDraft(appendTime: header.clock.wall)
        for change in envelope.changes {
            if let change = renumbered(change) { draft.add(change) }
        }
        var read: [[CheckedBatch]] = []
        for (copy, block) in found { read.append(try copy.batches(of: block)) }
        for (place, entry) in envelope.directory.enumerated() {
            let id = entry.partition
            ends[id] = max(ends[id] ?? 0, entry.endOffset)
            switch read.compactMap({ $0.count > place ? $0[place] : nil }).best {
            case .whole(let stored):
                guard entry.baseOffset >= covered[id]?.end ?? 0 else { continue }
                covered[id, default: OffsetRanges()].append(entry.baseOffset..<entry.endOffset)
                draft.keep(stored.batch, as: entry)
                report.batchCount += 1
            case .damaged(let damage, _): report.damage.append(damage)
            case nil: continue
            }
        }
        return draft.isEmpty ? nil : draft
    }

    /// Segments are numbered from 1 and all of one store.
    private func renumbered(_ change: StateChange) -> StateChange? {
        switch change {
        case .firstSegment, .formerStore: nil
        case .clockEpoch(let epoch): .clockEpoch(epoch.renumbered { renumbering($0) })
        default: change
        }
    }

    private mutating func begin(_ byteCount: Int) throws(StorageFault) -> SalvagedSegment {
        try SalvagedSegment(origin(byteCount), in: log)
    }

    private mutating func origin(_ byteCount: Int) -> SegmentWriter.Origin {
        var configuration = LogConfiguration()
        configuration.segmentByteCount = max(byteCount, LogLimits.segmentByteCountMin)
        defer { nextSegment += 1 }
        return SegmentWriter.Origin(
            store: report.store, segment: nextSegment,
            salt: .random(in: .min ... .max, using: &random),
            layout: LogLayout(configuration, volumeByteCount: 0), bootID: time.bootID,
            state: state)
    }

    private mutating func add(
        _ draft: BlockDraft, like header: BlockHeader, to segment: inout SalvagedSegment?
    ) throws(StorageFault) {
        guard let block = try segment?.add(
            draft, number: state.nextBlock, chain: state.chain, clock: header.clock)
        else { preconditionFailure("a block before its segment") }
        state.apply(block)
    }

    // MARK: The end

    /// The last segment has no block: its snapshot says what is missing, and where offsets go on.
    private mutating func finish() throws(StorageFault) {
        for (id, end) in ends where state.partition(id)?.end ?? .max < end {
            state.apply([.end(id, offset: end)])
        }
        let proven = state
        for (id, partition) in proven.allPartitions {
            let known = partition.gaps.gaps.map(\.offsets)
            let holes = (covered[id] ?? OffsetRanges())
                .missing(in: partition.start..<max(partition.start, partition.end), beside: known)
            for hole in holes {
                state.apply([.gap(id, Gap(offsets: hole, reason: .damage, time: time.wall))])
            }
        }
        state = state.jumped(now: time.wall)
        _ = try SegmentWriter(origin(0), in: log)
        tell(proven)
    }

    private mutating func tell(_ proven: LogState) {
        for (id, partition) in state.allPartitions {
            let end = proven.partition(id)?.end ?? 0
            let bounds = partition.start..<max(partition.start, end)
            report.partitions.append(
                SalvageReport.Partition(
                    stream: state.streams[id.incarnation]?.definition.name.text ?? "", id: id,
                    kept: covered[id]?.count(in: bounds) ?? 0, gaps: partition.gaps.gaps,
                    end: end, next: partition.end))
        }
        let groups = state.positions.keys.filter { $0.kind == .group }.map(\.name)
        report.groupCount = Set(groups).count
        report.feedCount = state.feeds.count
        report.positionCount = state.positions.count
        report.producerCount = state.producers.count
        report.feedPositions = state.positions.filter { $0.key.kind == .feed }.mapValues(\.offset)
    }
}

extension LogState {
    /// In the order of streams and partitions.
    fileprivate var allPartitions: [(PartitionID, PartitionState)] {
        streams.sorted { $0.key < $1.key }.flatMap { incarnation, stream in
            stream.partitions.enumerated().map { index, partition in
                (PartitionID(incarnation, UInt32(index)), partition)
            }
        }
    }
}

extension [CheckedBatch] {
    /// A whole one, if there is one.
    fileprivate var best: CheckedBatch? {
        first { if case .whole = $0 { true } else { false } } ?? first
    }
}
