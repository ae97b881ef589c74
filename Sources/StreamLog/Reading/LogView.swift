internal import StreamModel

/// What is durable, as readers and the writer share it. Held under one lock for a few lines.
struct LogView: Sendable {
    var state: LogState
    /// Of the active segment.
    var active: SegmentIndex
    var activeFile: SegmentFile
    /// What each segment takes of the volume with its index, in bytes.
    var segments: [UInt64: Int]
    var recent: RecentBatches
    /// Set when the log takes no more commits.
    var failure: StorageFault?
    var isClosed = false
    /// Damage that has been met since the log was opened; the first ones of it.
    var damage: [Damage] = []
    var counters = LogCounters()

    static let damageCountMax = 1000
}

/// What has happened since the log was opened.
package struct LogCounters: Sendable, Equatable {
    /// Commit blocks made durable.
    package var commits = 0
    /// Records in their batches.
    package var records = 0
    /// Record batches in them.
    package var batches = 0
    /// Bytes of the batches.
    package var payloadByteCount = 0
    /// Bytes of the blocks, with envelope and padding.
    package var writtenByteCount = 0
    /// Commits that were refused.
    package var refusals = 0
    /// Flushes that failed; each ended its segment.
    package var flushFailures = 0
    /// How often appends had to wait for space.
    package var waitsForSpace = 0
    /// Batches whose create times lie too far from their append time to be searched by.
    package var doubtfulCreateTimes = 0
    /// What the commits took, from the first write call to the device's answer.
    package var commitTime = Duration.zero
}

/// A batch as its producer made it, and the place it got.
struct RecentBatch: Sendable {
    let batch: RecordBatch
    let baseOffset: Int64
    let appendTime: Int64
    let hasDoubtfulCreateTime: Bool

    init(batch: RecordBatch, _ entry: DirectoryEntry) {
        self.batch = batch
        baseOffset = entry.baseOffset
        appendTime = entry.appendTime
        hasDoubtfulCreateTime = entry.hasDoubtfulCreateTime
    }

    var endOffset: Int64 { baseOffset + Int64(batch.header.lastOffsetDelta) + 1 }

    /// The batch as it is stored.
    func stored(in partition: PartitionID) -> StoredBatch {
        var placed = batch
        placed.assign(baseOffset: Offset(unchecked: baseOffset))
        return StoredBatch(
            partition: partition, batch: placed, appendTime: appendTime,
            hasDoubtfulCreateTime: hasDoubtfulCreateTime)
    }
}

/// The batches of late, for readers who are at the end of the log: no file is read for them.
struct RecentBatches: Sendable {
    private struct Line: Sendable {
        var batches: [RecentBatch] = []
        var first = 0
    }

    private let capacity: Int
    private var lines: [PartitionID: Line] = [:]
    private var order: [PartitionID] = []
    private var orderFirst = 0
    private(set) var byteCount = 0

    init(capacity: Int) { self.capacity = capacity }

    mutating func add(_ batch: RecentBatch, to partition: PartitionID) {
        guard batch.batch.byteCount <= capacity else { return removeAll() }
        lines[partition, default: Line()].batches.append(batch)
        order.append(partition)
        byteCount += batch.batch.byteCount
        while byteCount > capacity { removeFirst() }
    }

    mutating func removeAll() { self = RecentBatches(capacity: capacity) }

    private mutating func removeFirst() {
        let id = order[orderFirst]
        orderFirst += 1
        if orderFirst > 1024 && orderFirst * 2 > order.count {
            order.removeFirst(orderFirst)
            orderFirst = 0
        }
        guard var line = lines.removeValue(forKey: id) else { return }
        byteCount -= line.batches[line.first].batch.byteCount
        line.first += 1
        if line.first == line.batches.count { return }
        if line.first > 64 && line.first * 2 > line.batches.count {
            line.batches.removeFirst(line.first)
            line.first = 0
        }
        lines[id] = line
    }

    /// The batches of a partition from `offset` on, when all of them are here; at least one, and
    /// no more than `byteCount` bytes beyond that.
    func batches(of id: PartitionID, from offset: Int64, byteCount: Int) -> [RecentBatch] {
        guard let line = lines[id], line.first < line.batches.count,
            line.batches[line.first].baseOffset <= offset
        else { return [] }
        let start = line.batches[line.first...].partitioningIndex { $0.endOffset > offset }
        var result: [RecentBatch] = []
        var left = byteCount
        for recent in line.batches[start...] {
            if !result.isEmpty && recent.batch.byteCount > left { break }
            result.append(recent)
            left -= recent.batch.byteCount
        }
        return result
    }
}
