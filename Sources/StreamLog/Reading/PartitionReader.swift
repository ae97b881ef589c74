internal import DurableFiles
internal import StreamModel
internal import Synchronization

/// One read of one partition: from memory, the active segment and closed segments, in turn.
struct PartitionReader {
    private let shared: LogShared
    private let id: PartitionID
    private let end: Int64
    private var next: Int64
    private var left: Int
    private var result: ReadResult

    /// Where the events at an offset are.
    private enum Source {
        case nowhere
        case gap(Gap)
        case memory([RecentBatch])
        case active([SegmentIndex.Block], SegmentFile, followedBy: Int64)
        case closed([UInt64], active: UInt64, followedBy: Int64)
    }

    /// How many blocks a read plans at once.
    private static let blockCountMax = 64

    init(_ shared: LogShared, _ id: PartitionID, from offset: Int64, end: Int64, byteCount: Int) {
        self.shared = shared
        self.id = id
        self.end = end
        next = offset
        left = max(1, byteCount)
        result = ReadResult(next: Offset(unchecked: offset), end: Offset(unchecked: end))
    }

    mutating func run() throws(FileFault) -> ReadResult {
        while next < end && left > 0 {
            switch source() {
            case .nowhere: left = 0  // The stream has been deleted meanwhile.
            case .gap(let gap): add(gap)
            case .memory(let batches): for batch in batches { add(batch.stored(in: id)) }
            case .active(let blocks, let file, let following):
                try read(blocks, of: file, followedBy: following)
            case .closed(let segments, let active, let following):
                try readClosed(segments, active: active, followedBy: following)
            }
        }
        result.next = Offset(unchecked: next)
        return result
    }

    private func source() -> Source {
        shared.view.withLock { view in
            guard let partition = view.state.partition(id) else { return .nowhere }
            if let gap = partition.gaps.gap(at: next) { return .gap(gap) }
            let recent = view.recent.batches(of: id, from: next, byteCount: left)
            if !recent.isEmpty { return .memory(recent) }
            let held = view.active.partitions[id]
            if let held, let first = held.firstEntry(endingAfter: next),
                held.entries[first].baseOffset <= next || view.segments.count <= 1
            {
                let entries = held.entries[first...].prefix(Self.blockCountMax)
                let after = first + entries.count
                let following =
                    after < held.entries.count ? held.entries[after].baseOffset : held.end
                return .active(
                    entries.map { view.active.blocks[$0.block] }, view.activeFile,
                    followedBy: following)
            }
            let following = held?.entries.first?.baseOffset ?? partition.end
            return .closed(
                view.segments.keys.sorted(), active: view.active.segment, followedBy: following)
        }
    }

    // MARK: Segments

    private mutating func readClosed(
        _ segments: [UInt64], active: UInt64, followedBy following: Int64
    ) throws(FileFault) {
        let closed = segments.filter { $0 < active }
        var place = search(closed)
        while place < closed.count && next < following {
            let number = closed[place]
            place += 1
            guard let segment = try load(number) else {
                // What retention removed meanwhile is a gap by now, and no damage.
                if !isThere(number) { return }
                continue
            }
            guard let held = segment.index.partitions[id],
                let first = held.firstEntry(endingAfter: next)
            else { continue }
            let entries = held.entries[first...].prefix(Self.blockCountMax)
            let after = first + entries.count
            let limit = after < held.entries.count ? held.entries[after].baseOffset : held.end
            return try read(
                entries.map { segment.index.blocks[$0.block] }, of: segment.file,
                followedBy: limit)
        }
        // Nothing that is left holds these offsets.
        gap(upTo: following, .damage)
    }

    /// The place of the first segment in which the partition reaches beyond `next`, or a place
    /// before it where too little is known.
    private func search(_ segments: [UInt64]) -> Int {
        // Who reads everything begins with the oldest segment.
        if let oldest = segments.first, let end = end(in: oldest), end > next { return 0 }
        var low = 0
        var high = segments.count
        while low < high {
            let middle = low + (high - low) / 2
            var probe = middle
            var end: Int64?
            while probe < high {
                end = self.end(in: segments[probe])
                if end != nil { break }
                probe += 1
            }
            if let end, end <= next { low = probe + 1 } else { high = middle }
        }
        return low
    }

    private func end(in segment: UInt64) -> Int64? {
        (try? load(segment))?.index.partitions[id]?.end
    }

    /// Nil, with the damage noted, for a segment that cannot be used.
    private func load(_ number: UInt64) throws(FileFault) -> LoadedSegment? {
        let path = shared.log.path(ofSegment: number)
        do throws(FileFault) {
            if let segment = try shared.catalog.segment(number) { return segment }
            let detail: Damage.Detail =
                try shared.catalog.isForeign(number) ? .foreign : .header
            shared.note(Damage(segment: number, path: path, detail))
        } catch {
            guard error.isMissing || error.operation == .read else { throw error }
            guard isThere(number) else { return nil }
            let detail: Damage.Detail =
                error.isMissing ? .missingSegment : .unreadable(.file(error))
            shared.note(Damage(segment: number, path: path, detail))
        }
        return nil
    }

    private func isThere(_ segment: UInt64) -> Bool {
        shared.view.withLock { $0.segments[segment] != nil }
    }

    private mutating func read(
        _ blocks: [SegmentIndex.Block], of file: SegmentFile, followedBy following: Int64
    ) throws(FileFault) {
        for block in blocks {
            guard left > 0 else { return }
            for batch in try file.batches(of: id, from: next, in: block) { add(batch) }
        }
        if left > 0 && next < following { gap(upTo: following, .damage) }
    }

    // MARK: Items

    private mutating func add(_ checked: CheckedBatch) {
        // What did not fit any more is not read past, or damage behind it would take it along.
        guard left > 0 else { return }
        switch checked {
        case .whole(let batch): add(batch)
        case .damaged(let damage, let entry):
            shared.note(damage)
            if let entry { gap(upTo: entry.endOffset, .damage) }
        }
    }

    private mutating func add(_ batch: StoredBatch) {
        let byteCount = batch.batch.byteCount
        let isFirst = result.items.isEmpty
        guard left > 0, isFirst || byteCount <= left else { return left = 0 }
        let base = batch.batch.header.baseOffset
        if base > next { gap(upTo: base, .damage) }
        guard batch.batch.endOffset.rawValue > next else { return }
        result.items.append(.batch(batch))
        next = batch.batch.endOffset.rawValue
        left -= byteCount
    }

    private mutating func add(_ gap: Gap) {
        let upper = min(gap.offsets.upperBound, end)
        result.items.append(
            .gap(Gap(offsets: next..<upper, reason: gap.reason, time: gap.time)))
        next = upper
    }

    /// What is missing here is missing for good: the log remembers it.
    private mutating func gap(upTo offset: Int64, _ reason: Gap.Reason) {
        let upper = min(offset, end)
        guard upper > next else { return }
        let gap = Gap(offsets: next..<upper, reason: reason, time: shared.now())
        shared.record(gap, in: id)
        result.items.append(.gap(gap))
        next = upper
    }
}

extension LogShared {
    /// Remembers damage for whoever asks, each piece once.
    func note(_ damage: Damage) {
        view.withLock { view in
            guard view.damage.count < LogView.damageCountMax, !view.damage.contains(damage) else {
                return
            }
            view.damage.append(damage)
        }
    }

    /// Makes a gap durable. When the queue is full, the next reader of these offsets does it.
    func record(_ gap: Gap, in id: PartitionID) {
        try? inbox.trySubmit(Commit(requests: [.recordGap(id, gap)])) { _ in }
    }

    func now() -> Int64 { clock.read().wall }
}
