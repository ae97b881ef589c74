import StreamLog
import Synchronization

/// What a workload does to a log. Each is one promise's hard part by itself; `everything` mixes
/// them, with streams that come and go.
enum Scenario: String {
    /// The store itself is made, used a little, and closed.
    case creation
    /// Several callers, also at one partition, over three rolls.
    case appends
    /// Every batch of one partition moves a reader's position with it.
    case positions
    /// A producer numbers its batches.
    case producers
    /// Segments go because the log is large.
    case retention
    /// Segments are closed and go because they are old.
    case ageing
    /// Segments go because the store is at its budget.
    case budget
    case everything

    /// How the log is opened by the workload.
    var configuration: LogConfiguration {
        var configuration = checking
        switch self {
        case .retention: configuration.retentionByteCount = 700 << 10
        case .everything: configuration.retentionByteCount = 900 << 10
        case .ageing:
            configuration.segmentAge = 4 * Self.roundMilliseconds
            configuration.retentionAge = 5 * Self.roundMilliseconds
        case .budget: configuration.budget = budget
        case .creation, .appends, .positions, .producers: break
        }
        return configuration
    }

    /// How a log is opened that is checked: nothing is removed from it.
    var checking: LogConfiguration {
        var configuration = LogConfiguration()
        configuration.segmentByteCount = 256 << 10
        configuration.budget = 16 << 20
        return configuration
    }

    /// What the store may take; a checker has more, and another ballast.
    var budget: Int { self == .budget ? 1400 << 10 : 16 << 20 }

    /// Why events may be gone.
    var gapReason: Gap.Reason { self == .budget ? .diskPressure : .retention }

    var movesPositions: Bool { self == .positions || self == .everything || self == .retention }
    var numbersBatches: Bool { self == .producers || self == .everything }

    /// Batches of a few kilobytes where there are many of them, or where segments are to be closed
    /// before they are full; else so large that a segment is full after three rounds.
    var firstCaller: Int {
        [.everything, .creation, .ageing].contains(self) ? 0 : BatchName.largeCallers
    }

    /// The machine's clock, or one that a workload turns.
    static let roundMilliseconds: Int64 = 2000
}

/// A clock that stands still until it is turned.
final class TurnedClock: LogClock {
    private let time = Mutex(
        SystemTime(wall: 1_700_000_000_000, boot: 1_000_000, bootID: 1, isWallTrusted: true))

    func read() -> SystemTime { time.withLock { $0 } }

    func advance(milliseconds: Int64) {
        time.withLock { time in
            time.wall += milliseconds
            time.boot += milliseconds
        }
    }
}
