internal import CoreMetrics
internal import Synchronization

/// One number that only grows.
final class CounterSeries: CounterHandler, Sendable {
    private let count = Atomic<Int64>(0)

    var value: Int64 { count.load(ordering: .relaxed) }

    func increment(by amount: Int64) { count.wrappingAdd(max(0, amount), ordering: .relaxed) }

    func reset() { count.store(0, ordering: .relaxed) }
}

/// One number that goes up and down.
final class GaugeSeries: MeterHandler, RecorderHandler, Sendable {
    private let level = Mutex<Double>(0)

    var value: Double { level.withLock { $0 } }

    func set(_ value: Int64) { set(Double(value)) }

    func set(_ value: Double) { level.withLock { $0 = value } }

    func increment(by amount: Double) { level.withLock { $0 += amount } }

    func decrement(by amount: Double) { level.withLock { $0 -= amount } }

    func record(_ value: Int64) { set(Double(value)) }

    func record(_ value: Double) { set(value) }
}

/// How many values lie at or below each of fixed bounds, and their sum.
final class HistogramSeries: RecorderHandler, TimerHandler, Sendable {
    struct State {
        /// One for each bound, and one for what lies above the last.
        var counts: [Int64]
        var sum = 0.0
    }

    let bounds: [Double]
    private let state: Mutex<State>

    init(bounds: [Double]) {
        precondition(
            zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "bounds are in order: \(bounds)"
        )
        self.bounds = bounds
        state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    var value: State { state.withLock { $0 } }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        guard !value.isNaN else { return }
        let place = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[place] += 1
            state.sum += value
        }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
}

extension HistogramSeries {
    /// 100 microseconds to a minute: from one flush of a good device to a reader's patience.
    static let secondBounds: [Double] = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
        5, 10, 30, 60,
    ]
    /// 256 bytes to 16 MiB, in steps of four.
    static let byteBounds: [Double] = (0..<9).map { Double(256 << (2 * $0)) }
    /// 1 to a million, in steps of ten.
    static let countBounds: [Double] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000]

    /// The bounds that suit the unit at the end of a metric's name.
    static func bounds(forName name: String) -> [Double] {
        if name.hasSuffix("_seconds") { return secondBounds }
        return name.hasSuffix("_bytes") ? byteBounds : countBounds
    }
}
