internal import DurableFiles
package import StreamModel
internal import Synchronization

/// Which of an event's times a search goes by.
package enum TimeKind: Sendable {
    /// When the store took it.
    case append
    /// When its producer says that it was made.
    case create
}

extension StreamLog {
    /// The offset of the partition's first event at or after `time`; its end when there is none.
    ///
    /// By append time, clocks that jumped are told from clocks that ran: of the stretches in which
    /// the clock ran evenly, the first that contains the time is searched, and one in which the
    /// clock was trusted before any other. So a jump misleads only searches for the times that it
    /// lasted.
    package func offset(
        of id: PartitionID, at time: Timestamp, by kind: TimeKind
    ) throws(ReadError) -> Offset {
        let partition = try partitionState(id)
        do throws(FileFault) {
            let found =
                switch kind {
                case .append: try firstOffset(of: id, appendedAt: time.milliseconds)
                case .create: try firstOffset(of: id, createdAt: time.milliseconds)
                }
            return Offset(unchecked: max(partition.start, min(found ?? .max, partition.end)))
        } catch {
            throw .storage(.file(error))
        }
    }

    private func firstOffset(
        of id: PartitionID, appendedAt time: Int64
    ) throws(FileFault) -> Int64? {
        let (epochs, last) = shared.view.withLock { ($0.state.clockEpochs, $0.state.clock.wall) }
        guard let target = EpochSearch(epochs, last: last).target(for: time) else { return nil }
        let segments = SegmentSequence(shared)
        for number in segments.numbers(from: target.first) {
            guard let segment = segments.index(of: number), let held = segment.partitions[id]
            else { continue }
            let place = held.entries.partitioningIndex { entry in
                let number = segment.blocks[entry.block].number
                return number >= target.first
                    && (entry.appendTime >= time || number >= target.after || target.isWhole)
            }
            if place < held.entries.count { return held.entries[place].baseOffset }
        }
        return nil
    }

    private func firstOffset(
        of id: PartitionID, createdAt time: Int64
    ) throws(FileFault) -> Int64? {
        let segments = SegmentSequence(shared)
        for number in segments.numbers {
            guard let held = segments.index(of: number)?.partitions[id] else { continue }
            for (place, entry) in held.entries.enumerated() where entry.createTime >= time {
                let isLast = place + 1 == held.entries.count
                let after = isLast ? held.end : held.entries[place + 1].baseOffset
                let block = entry.baseOffset..<max(entry.baseOffset, after)
                if let found = firstRecord(of: id, in: block, createdAt: time) { return found }
            }
        }
        return nil
    }

    /// The first record at or after `time` among those at `offsets`: all that a block holds of the
    /// partition, in one batch or many.
    private func firstRecord(
        of id: PartitionID, in offsets: Range<Int64>, createdAt time: Int64
    ) -> Int64? {
        var next = Offset(unchecked: offsets.lowerBound)
        while next.rawValue < offsets.upperBound {
            guard let result = try? read(id, from: next, byteCount: 256 << 10, .reportGap),
                result.next > next
            else { return nil }
            for case .batch(let stored) in result.items {
                guard stored.batch.header.baseOffset < offsets.upperBound else { return nil }
                if let found = stored.firstOffset(createdAt: time) { return found }
            }
            next = result.next
        }
        return nil
    }
}

extension StoredBatch {
    /// The first record at or after `time`, if there is one.
    fileprivate func firstOffset(createdAt time: Int64) -> Int64? {
        if hasDoubtfulCreateTime { return appendTime >= time ? batch.header.baseOffset : nil }
        guard let records = try? batch.decoded() else { return nil }
        var cursor = records.cursor()
        while let record = try? cursor.next() {
            if record.timestamp.milliseconds >= time { return record.offset.rawValue }
        }
        return nil
    }
}

/// The segments as they are at one moment, whose indexes are looked into one at a time.
private struct SegmentSequence {
    private let shared: LogShared
    private let active: SegmentIndex
    /// In order.
    let numbers: [UInt64]

    init(_ shared: LogShared) {
        self.shared = shared
        (numbers, active) = shared.view.withLock { ($0.segments.keys.sorted(), $0.active) }
    }

    /// The segments that hold `block` and what came after it.
    func numbers(from block: BlockNumber) -> ArraySlice<UInt64> {
        let first = numbers.indices.reversed().first { place in
            let header = try? shared.catalog.header(numbers[place])
            return header.map { $0.lastBlock < block } ?? false
        }
        return numbers[(first ?? 0)...]
    }

    /// Nil for a segment that cannot be used, or has been removed meanwhile.
    func index(of number: UInt64) -> SegmentIndex? {
        if number == active.segment { return active }
        return (try? shared.catalog.segment(number))?.index
    }
}

/// Finds the blocks in which a time is to be looked for, among clocks that may have jumped.
struct EpochSearch {
    private struct Stretch {
        let first: BlockNumber
        let times: ClosedRange<Int64>
        let isTrusted: Bool
    }

    /// Blocks from `first` on, up to those of the next epoch.
    struct Target: Equatable {
        let first: BlockNumber
        let after: BlockNumber
        /// Whether every block of it is later than the time.
        let isWhole: Bool
    }

    private var stretches: [Stretch] = []

    /// `last` is the wall clock of the last block.
    init(_ epochs: [ClockEpoch], last: Int64) {
        for (place, epoch) in epochs.enumerated() {
            let end = place + 1 < epochs.count ? epochs[place + 1].previousWall : last
            stretches.append(
                Stretch(
                    first: epoch.firstBlock, times: epoch.firstWall...max(epoch.firstWall, end),
                    isTrusted: epoch.isWallTrusted))
        }
    }

    /// Nil when no block is that late.
    func target(for time: Int64) -> Target? {
        let containing = stretches.indices.filter { stretches[$0].times.contains(time) }
        if let place = containing.first(where: { stretches[$0].isTrusted }) ?? containing.first {
            return target(place, isWhole: false)
        }
        let later = stretches.indices.filter { stretches[$0].times.lowerBound > time }
        guard
            var place = later.min(by: {
                stretches[$0].times.lowerBound < stretches[$1].times.lowerBound
            })
        else { return nil }
        // What was written while the clock was ahead belongs to the time between, too.
        while place > 0, stretches[place - 1].times.lowerBound > time { place -= 1 }
        return target(place, isWhole: true)
    }

    private func target(_ place: Int, isWhole: Bool) -> Target {
        let after = place + 1 < stretches.count ? stretches[place + 1].first : .last
        // Of the oldest epochs nothing is known any more, but that they are before all others.
        let first = place == 0 && isWhole ? BlockNumber(rawValue: 0) : stretches[place].first
        return Target(first: first, after: after, isWhole: isWhole)
    }
}
