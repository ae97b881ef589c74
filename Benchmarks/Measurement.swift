internal import Glibc

/// What some rounds of work took: how much was done, how long that was, and each step's own time.
struct Measurement {
    /// Bytes, events: whatever the figure counts.
    private(set) var amount = 0.0
    private(set) var seconds = 0.0
    /// Of each step, in seconds; empty where steps are not timed on their own.
    private(set) var latencies: [Double] = []

    init() {}

    /// One stretch of work.
    init(amount: Double, seconds: Double, latencies: [Double] = []) {
        self.amount = amount
        self.seconds = seconds
        self.latencies = latencies
    }

    /// `steps` equal steps, each timed.
    init(steps: Int, amountPerStep: Double, _ step: () throws -> Void) rethrows {
        latencies.reserveCapacity(steps)
        for _ in 0..<steps {
            let start = ContinuousClock.now
            try step()
            latencies.append(start.duration(to: .now).inSeconds)
        }
        seconds = latencies.reduce(0, +)
        amount = Double(steps) * amountPerStep
    }

    mutating func add(_ more: Measurement) {
        amount += more.amount
        seconds += more.seconds
        latencies += more.latencies
    }

    /// Amount per second over all rounds.
    var rate: Double { amount / seconds }

    /// Of one step, in seconds.
    var meanLatency: Double { latencies.reduce(0, +) / Double(latencies.count) }

    /// The time in seconds that this share of the steps did not exceed: the nearest rank.
    func latency(atQuantile quantile: Double) -> Double {
        let sorted = latencies.sorted()
        let rank = (quantile * Double(sorted.count)).rounded(.up)
        return sorted[min(max(Int(rank) - 1, 0), sorted.count - 1)]
    }
}

extension Duration {
    var inSeconds: Double { self / .seconds(1) }
}

/// One side of a comparison: a short round of work that can be repeated.
typealias Round = () async throws -> Measurement

/// Runs ours and the limit in turn, in this process, `pairs` times, and adds up each side.
///
/// The device and the machine have moods that last seconds. Rounds of a fraction of a second that
/// alternate meet the same moods, and taking turns at going first cancels what one leaves to the
/// other. One pair before them is not counted: it pays for cold caches.
func interleaved(
    pairs: Int, ours: Round, limit: Round
) async throws -> (ours: Measurement, limit: Measurement) {
    var sums = (ours: Measurement(), limit: Measurement())
    _ = try await ours()
    _ = try await limit()
    for pair in 0..<pairs {
        if pair.isMultiple(of: 2) {
            sums.ours.add(try await ours())
            sums.limit.add(try await limit())
        } else {
            sums.limit.add(try await limit())
            sums.ours.add(try await ours())
        }
    }
    return sums
}
