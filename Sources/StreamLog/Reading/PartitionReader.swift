internal import DurableFiles
internal import StreamModel
internal import Synchronization

/// One read of one partition: from memory, the active segment and closed segments, in turn.
///
/// An offset of a recorded gap is never served, even where its bytes can be read again: others have
/// gone on without it. What the device cannot give, twice, is lost as well, but only a gap that is
/// recorded is served for it: a device that is away for a moment takes no records either.
struct PartitionReader {
    private let shared: LogShared
    private let id: PartitionID
    private let end: Int64
    private var next: Int64
    /// Where the next recorded gap begins; the partition's end where there is none.
    private var limit: Int64
    private var left: Int
    /// What the device could not give on the way to `next`, and whether another read has met it.
    private var unreadable: (fault: FileFault, isKnown: Bool)?
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
        limit = end
        left = max(1, byteCount)
        result = ReadResult(next: Offset(unchecked: offset), end: Offset(unchecked: end))
    }

    mutating func run() throws(FileFault) -> ReadResult {
        while next < end && left > 0 {
            switch source() {
            case .nowhere: left = 0  // The stream has been deleted meanwhile.
            case .gap(let gap): add(gap)
            case .memory(let batches): for batch in batches { try add(batch.stored(in: id)) }
            case .active(let blocks, let file, let following):
                try read(blocks, of: file, followedBy: following)
            case .closed(let segments, let active, let following):
                try readClosed(segments, active: active, followedBy: following)
            }
        }
        result.next = Offset(unchecked: next)
        return result
    }

    private mutating func source() -> Source {
        shared.view.withLock { view in
            guard let partition = view.state.partition(id) else { return .nowhere }
            if let gap = partition.gaps.gap(at: next) { return .gap(gap) }
            limit = min(end, partition.gaps.start(after: next) ?? end)
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
        while place < closed.count && next < min(following, limit) {
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
        try gap(upTo: following, .damage)
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
            guard left > 0, next < limit else { return }
            for batch in try file.batches(of: id, from: next, in: block) { try add(batch) }
        }
        if left > 0 && next < following { try gap(upTo: following, .damage) }
    }

    // MARK: Items

    private mutating func add(_ checked: CheckedBatch) throws(FileFault) {
        // What did not fit any more is not read past, or damage behind it would take it along.
        guard left > 0 else { return }
        switch checked {
        case .whole(let batch): try add(batch)
        case .damaged(let damage, let entry):
            guard next < limit else { return }
            if case .unreadable(.file(let fault)) = damage.detail {
                // What is before it is told first.
                guard result.items.isEmpty else { return left = 0 }
                unreadable = (fault, shared.note(damage) == .known)
            } else {
                shared.note(damage)
            }
            guard let entry else { return }
            try gap(upTo: entry.endOffset, from: entry.baseOffset, .damage)
        }
    }

    private mutating func add(_ batch: StoredBatch) throws(FileFault) {
        guard next < limit else { return }
        guard batch.batch.endOffset.rawValue <= limit else {
            // Events of one batch stand or fall together.
            return try gap(upTo: limit, .damage)
        }
        let byteCount = batch.batch.byteCount
        let isFirst = result.items.isEmpty
        guard left > 0, isFirst || byteCount <= left else { return left = 0 }
        let base = batch.batch.header.baseOffset
        if base > next { try gap(upTo: base, .damage) }
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

    /// What is missing here is missing for good: the log remembers it, from `first` on where the
    /// reader began in the middle.
    private mutating func gap(
        upTo offset: Int64, from first: Int64? = nil, _ reason: Gap.Reason
    ) throws(FileFault) {
        let upper = min(offset, limit)
        guard upper > next else { return }
        let time = shared.now()
        let gap = Gap(offsets: min(next, first ?? next)..<upper, reason: reason, time: time)
        if let unreadable {
            if unreadable.isKnown { shared.record(gap, in: id) }
            throw unreadable.fault
        }
        shared.record(gap, in: id)
        result.items.append(.gap(Gap(offsets: next..<upper, reason: reason, time: time)))
        next = upper
    }
}

extension LogShared {
    enum Noted { case known, new }

    /// Remembers damage for whoever asks, each piece once. What cannot be remembered any more
    /// counts as known.
    @discardableResult
    func note(_ damage: Damage) -> Noted {
        view.withLock { view in
            guard view.damage.count < LogView.damageCountMax, !view.damage.contains(damage) else {
                return .known
            }
            view.damage.append(damage)
            return .new
        }
    }

    /// Makes a gap durable. When the queue is full, the next reader of these offsets does it.
    func record(_ gap: Gap, in id: PartitionID) {
        try? inbox.trySubmit(Commit(requests: [.recordGap(id, gap)])) { _ in }
    }

    func now() -> Int64 { clock.read().wall }
}
