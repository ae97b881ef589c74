internal import StreamModel

/// Gathers what callers want committed while the commit before is in the device.
///
/// It decides who waits with whom and who has to come back later; it does no I/O. Single records
/// for one partition that wait together become one batch.
struct CommitQueue: Sendable {
    /// Records that will be one batch.
    struct Gathering: Sendable {
        let partition: PartitionID
        var builder: RecordBatchBuilder
        /// One for each record, in order.
        var waiting: [RecordContinuation] = []
    }

    enum Work: Sendable {
        case commit(Commit, CommitCompletion)
        /// Stands for the gathering of that number.
        case gathering(Int)
    }

    /// What the writer takes at once.
    struct Load: Sendable {
        var work: [Work] = []
        var gatherings: [Gathering] = []
        var isEmpty: Bool { work.isEmpty }

        /// Takes the commits that append nothing, and leaves the others.
        mutating func takeRequests() -> [Work] {
            var taken: [Work] = []
            work.removeAll { work in
                guard case .commit(let commit, _) = work, commit.appends.isEmpty else {
                    return false
                }
                taken.append(work)
                return true
            }
            return taken
        }
    }

    enum Answer: Equatable {
        /// Taken. The writer has to be woken, if it sleeps.
        case queued
        /// The queue is at its capacity; nothing was taken.
        case full
    }

    /// A gathering that has reached this size is closed, and the next record begins another.
    private static let gatheringByteCountMax = 1 << 20
    /// What a waiting record takes beside its bytes.
    private static let recordOverhead = 64

    let capacity: Int
    private(set) var byteCount = 0
    private var load = Load()
    private var open: [PartitionID: Int] = [:]
    /// How large gatherings have become lately: what the next one reserves.
    private var gatheringByteCount = 4096

    init(capacity: Int) { self.capacity = capacity }

    var isEmpty: Bool { load.isEmpty }

    /// Whether something of `count` bytes may be queued. An empty queue takes anything.
    func hasRoom(for count: Int) -> Bool { byteCount == 0 || byteCount + count <= capacity }

    mutating func enqueue(_ commit: Commit, _ completion: @escaping CommitCompletion) -> Answer {
        let count = commit.byteCount
        // What frees space must get through, however full the queue is.
        guard commit.appends.isEmpty || hasRoom(for: count) else { return .full }
        byteCount += count
        load.work.append(.commit(commit, completion))
        // A later record must not overtake this batch.
        for append in commit.appends { open[append.partition] = nil }
        return .queued
    }

    /// Queues one record. When it throws, nothing was taken.
    mutating func enqueue(
        _ record: Record, to partition: PartitionID, _ continuation: RecordContinuation
    ) throws(BatchError) -> Answer {
        let count =
            (record.value?.count ?? 0) + (record.key?.count ?? 0) + Self.recordOverhead
        guard hasRoom(for: count) else { return .full }
        let place = openGathering(for: partition)
        do {
            try load.gatherings[place].builder.append(record)
        } catch {
            open[partition] = nil
            if load.gatherings[place].waiting.isEmpty {
                // Made for this record alone: nothing may be left of it.
                load.gatherings.removeLast()
                load.work.removeLast()
                throw error
            }
            guard case .batchTooLarge = error else { throw error }
            return try enqueue(record, to: partition, continuation)
        }
        load.gatherings[place].waiting.append(continuation)
        byteCount += count
        if load.gatherings[place].builder.byteCount >= Self.gatheringByteCountMax {
            open[partition] = nil
        }
        return .queued
    }

    /// Takes the commits that append nothing, and leaves the others: what may free space for them.
    mutating func takeRequests() -> Load {
        let taken = load.takeRequests()
        for case .commit(let commit, _) in taken { byteCount -= commit.byteCount }
        return Load(work: taken)
    }

    private mutating func openGathering(for partition: PartitionID) -> Int {
        if let place = open[partition] { return place }
        let place = load.gatherings.count
        load.gatherings.append(
            Gathering(
                partition: partition,
                builder: RecordBatchBuilder(reserving: gatheringByteCount)))
        load.work.append(.gathering(place))
        open[partition] = place
        return place
    }

    /// Takes all that waits.
    mutating func take() -> Load {
        let largest = load.gatherings.reduce(0) { max($0, $1.builder.byteCount) }
        if largest > 0 { gatheringByteCount = min(largest + largest / 4, 2 << 20) }
        defer {
            load = Load()
            open.removeAll(keepingCapacity: true)
            byteCount = 0
        }
        return load
    }
}

/// Tells the caller of one record. It must be resumed exactly once.
@safe
struct RecordContinuation: Sendable {
    private let continuation: UnsafeContinuation<Result<Offset, CommitError>, Never>

    init(_ continuation: UnsafeContinuation<Result<Offset, CommitError>, Never>) {
        unsafe self.continuation = continuation
    }

    func resume(_ result: Result<Offset, CommitError>) {
        unsafe continuation.resume(returning: result)
    }
}
