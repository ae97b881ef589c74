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
    /// the clock ran evenly, the first that contains the time is searched. So a jump misleads only
    /// searches for the times that it lasted.
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
        for segment in try indexes(from: target.first) {
            guard let held = segment.partitions[id] else { continue }
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
        for segment in try indexes(from: BlockNumber(rawValue: 0)) {
            guard let held = segment.partitions[id] else { continue }
            for entry in held.entries where entry.createTime >= time {
                if let found = firstRecord(of: id, from: entry.baseOffset, createdAt: time) {
                    return found
                }
            }
        }
        return nil
    }

    /// The first record at or after `time` in the block that begins at `offset`.
    private func firstRecord(
        of id: PartitionID, from offset: Int64, createdAt time: Int64
    ) -> Int64? {
        let start = Offset(unchecked: offset)
        guard let result = try? read(id, from: start, byteCount: 1, .reportGap) else { return nil }
        for case .batch(let stored) in result.items {
            let header = stored.batch.header
            let distance = configuration(of: id)?.createTimeDistanceMax ?? .max
            let isDoubtful =
                (stored.appendTime &- header.maxTimestamp).magnitude > UInt64(max(0, distance))
            if isDoubtful { return stored.appendTime >= time ? header.baseOffset : nil }
            guard let records = try? stored.batch.decoded() else { continue }
            var cursor = records.cursor()
            while let record = try? cursor.next() {
                if record.timestamp.milliseconds >= time { return record.offset.rawValue }
            }
        }
        return nil
    }

    private func configuration(of id: PartitionID) -> StreamConfiguration? {
        shared.view.withLock { $0.state.streams[id.incarnation]?.definition.configuration }
    }

    /// The indexes of the segments that hold `block` and what came after it, in order.
    private func indexes(from block: BlockNumber) throws(FileFault) -> [SegmentIndex] {
        let (numbers, active) = shared.view.withLock { ($0.segments.keys.sorted(), $0.active) }
        var result: [SegmentIndex] = [active]
        for number in numbers.reversed() where number < active.segment {
            guard let segment = try? shared.catalog.segment(number) else { continue }
            if (segment.index.blocks.last?.number ?? .last) < block { break }
            result.append(segment.index)
        }
        return result.reversed()
    }
}

/// Finds the blocks in which a time is to be looked for, among clocks that may have jumped.
struct EpochSearch {
    private struct Stretch {
        let first: BlockNumber
        let times: ClosedRange<Int64>
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
                    first: epoch.firstBlock, times: epoch.firstWall...max(epoch.firstWall, end)))
        }
    }

    /// Nil when no block is that late.
    func target(for time: Int64) -> Target? {
        if let place = stretches.firstIndex(where: { $0.times.contains(time) }) {
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
        return Target(first: stretches[place].first, after: after, isWhole: isWhole)
    }
}
