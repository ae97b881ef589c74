/// Decides which pipeline writes what waits for it, and when. No clock, no I/O.
///
///     idle ──news──▶ waiting ──due, allowed, memory──▶ running ──▶ idle, or waiting again
///
/// What waits lies in the log, not in memory: a quiet pipeline costs one wake-up and one flush,
/// however long it was quiet. Due is who has waited for its freshness or has enough to be worth it.
/// Of those the one that has waited longest goes first; of those that wait for memory the largest.
struct FlushScheduler<ID: Hashable & Sendable & Comparable>: Sendable {
    enum Action: Equatable {
        /// With so many bytes for its rows.
        case start(ID, byteCount: Int)
        /// Nothing is to be done before that time, unless there is news; nil: nothing waits.
        case wait(until: Int64?)
    }

    private struct Entry: Sendable {
        var limits: FlushLimits
        var waitingSince: Int64?
        var eventCount: Int64 = 0
        var isHeld = false
        var heldUntil: Int64 = .min
        var granted: Int?
        var commitCount = 1
    }

    private let limits: MachineLimits
    private var allowance: CommitAllowance
    private var entries: [ID: Entry] = [:]
    private(set) var memoryInUse = 0
    /// Set while everything that waits is to be written without waiting.
    var isDraining = false

    init(_ limits: MachineLimits, now: Int64) {
        self.limits = limits
        allowance = CommitAllowance(perSecond: limits.commitsPerSecond, now: now)
    }

    mutating func add(_ id: ID, _ flush: FlushLimits) {
        var entry = entries[id] ?? Entry(limits: flush)
        entry.limits = flush
        entries[id] = entry
    }

    mutating func remove(_ id: ID) {
        if let granted = entries.removeValue(forKey: id)?.granted { memoryInUse -= granted }
        checkInvariants()
    }

    // MARK: News

    /// Events wait for the pipeline: so many, since that time at the latest.
    mutating func note(_ id: ID, eventCount: Int64, now: Int64) {
        guard var entry = entries[id] else { return }
        entry.eventCount = eventCount
        entry.waitingSince = eventCount > 0 ? entry.waitingSince ?? now : nil
        entries[id] = entry
    }

    /// The pipeline does nothing before that time; nil: until it is let go.
    mutating func hold(_ id: ID, until time: Int64?) {
        entries[id]?.isHeld = time == nil
        entries[id]?.heldUntil = time ?? .min
    }

    /// The flush is over. `commitCount` is how many commits it made; the next is expected to make
    /// as many. Events that came meanwhile wait since `now`.
    mutating func finish(_ id: ID, commitCount: Int, left eventCount: Int64, now: Int64) {
        guard let granted = entries[id]?.granted else { return }
        memoryInUse -= granted
        entries[id]?.granted = nil
        entries[id]?.waitingSince = eventCount > 0 ? now : nil
        entries[id]?.eventCount = eventCount
        allowance.take(commitCount - (entries[id]?.commitCount ?? 0), now: now)
        entries[id]?.commitCount = max(1, commitCount)
        checkInvariants()
    }

    var isIdle: Bool { !entries.values.contains { $0.granted != nil } }

    // MARK: Deciding

    mutating func next(now: Int64) -> Action {
        var earliest: Int64?
        func mind(_ time: Int64) { earliest = min(earliest ?? .max, time) }
        var due: [(id: ID, since: Int64)] = []
        for (id, entry) in entries {
            guard let since = entry.waitingSince, entry.granted == nil, !entry.isHeld else {
                continue
            }
            let time = max(dueTime(of: entry, since), entry.heldUntil)
            if time <= now { due.append((id, since)) } else { mind(time) }
        }
        due.sort { ($0.since, $0.id) < ($1.since, $1.id) }
        guard let first = due.first else { return .wait(until: earliest) }
        let isLate = isDraining || now - first.since >= limits.waitMax
        if !isLate, let time = allowance.wait(now: now) {
            mind(time)
            mind(first.since + limits.waitMax)
            return .wait(until: earliest)
        }
        guard let chosen = fitting(due, now) else { return .wait(until: earliest) }
        return start(chosen.id, chosen.byteCount, now)
    }

    private func dueTime(of entry: Entry, _ since: Int64) -> Int64 {
        if isDraining || entry.eventCount >= entry.limits.eventCount { return since }
        return since + entry.limits.freshness
    }

    /// The first that gets the memory it needs; where none does, nobody: what runs will end.
    private func fitting(
        _ due: [(id: ID, since: Int64)], _ now: Int64
    ) -> (id: ID, byteCount: Int)? {
        let left = limits.memoryByteCount - memoryInUse
        for (id, since) in due {
            guard let entry = entries[id] else { continue }
            // Few events need little: a kilobyte each is plenty, and a megabyte is the least.
            let estimate = max(1 << 20, Int(min(entry.eventCount, 1 << 30)) << 10)
            let byteCount = min(entry.limits.byteCount, limits.memoryByteCount, estimate)
            if byteCount <= left { return (id, byteCount) }
            // Whoever has waited too long is not passed by those that need less.
            if now - since >= limits.waitMax { return nil }
        }
        return nil
    }

    private mutating func start(_ id: ID, _ byteCount: Int, _ now: Int64) -> Action {
        entries[id]?.granted = byteCount
        memoryInUse += byteCount
        allowance.take(entries[id]?.commitCount ?? 1, now: now)
        checkInvariants()
        return .start(id, byteCount: byteCount)
    }

    func checkInvariants() {
        assert(
            memoryInUse == entries.values.reduce(0) { $0 + ($1.granted ?? 0) },
            "memory is accounted for wrongly: \(memoryInUse)")
        assert(memoryInUse <= limits.memoryByteCount, "the memory cap is exceeded: \(memoryInUse)")
    }
}
