/// How many commits a machine may make to tables: so many a second, and no more than a second's
/// worth at once.
///
/// A flush takes what it needs even where that is more than is left; then the next waits longer. So
/// a pipeline of many tables is neither starved nor split.
struct CommitAllowance: Sendable {
    private let perSecond: Double
    private var left: Double
    private var updated: Int64

    /// Times are milliseconds of a clock that never jumps.
    init(perSecond: Double, now: Int64) {
        self.perSecond = max(0.01, perSecond)
        left = max(1, self.perSecond)
        updated = now
    }

    /// Nil when a flush may start now, else when it may.
    mutating func wait(now: Int64) -> Int64? {
        refill(now)
        guard left < 1 else { return nil }
        return now + 1 + Int64((1 - left) / perSecond * 1000)
    }

    mutating func take(_ commitCount: Int, now: Int64) {
        refill(now)
        // A flush that made fewer commits than it was charged for gives the rest back.
        left = min(max(1, perSecond), left - Double(commitCount))
        checkInvariants()
    }

    private mutating func refill(_ now: Int64) {
        guard now > updated else { return }
        left = min(max(1, perSecond), left + Double(now - updated) / 1000 * perSecond)
        updated = now
    }

    func checkInvariants() {
        assert(left <= max(1, perSecond), "\(left) commits are allowed, more than a second's")
    }
}
