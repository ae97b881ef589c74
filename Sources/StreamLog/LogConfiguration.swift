/// How a store keeps its log. Everything has a default that needs no thought.
public struct LogConfiguration: Sendable {
    /// What happens to appends when the store is at its budget.
    public enum BudgetPolicy: UInt8, Sendable, CaseIterable {
        /// The oldest segment goes that every feed has read, or may lose; else as `reject`.
        case dropOldest
        /// Appends are refused with an error that says so.
        case reject
        /// Appends wait until there is space.
        case backpressure
    }

    /// What the store may take of its volume, in bytes. Nil: a tenth of the volume, at least 1 GiB.
    public var budget: Int?
    /// What happens at the budget.
    public var budgetPolicy: BudgetPolicy = .dropOldest
    /// The size at which a new segment begins, in bytes. Nil: a 256th of the budget, from 64 MiB to
    /// 1 GiB. At least 256 KiB.
    public var segmentByteCount: Int?
    /// Segments whose events are all older than this many milliseconds are removed. Nil: never.
    public var retentionAge: Int64?
    /// The oldest segments are removed while the log is larger than this, in bytes. Nil: only at
    /// the budget.
    public var retentionByteCount: Int?
    /// A segment is closed when it is this old, in milliseconds, so that a quiet store expires too.
    /// Nil: an eighth of `retentionAge`, or a day.
    public var segmentAge: Int64?
    /// How long a commit waits for company, in milliseconds. It spares flash memory and costs
    /// latency.
    public var linger: Int64 = 0
    /// What may wait for the writer, in bytes.
    public var queueByteCount = 16 << 20
    /// Producers that have not been heard of for this long are forgotten, in milliseconds.
    public var producerExpiry: Int64 = 7 * 86_400_000
    /// What indexes of closed segments may take in memory, in bytes.
    public var indexCacheByteCount = 16 << 20
    /// What batches of late may take in memory, for readers at the end of the log, in bytes.
    public var recentByteCount = 8 << 20
    /// A newest segment that is a copy of the file it was is refused unless this says which it is.
    public var adoption: Adoption = .none

    /// When closed segments get their indexes and give back what was set aside for them.
    package var tidying = Tidying.beside

    /// Who does the work that a roll leaves behind.
    package enum Tidying: Sendable {
        /// On a thread of its own: appends do not wait for it.
        case beside
        /// Before the roll returns, so that what the files take depends on what was done alone.
        case inTurn
    }

    /// What a copied store is.
    public enum Adoption: Sendable {
        case none
        /// The original is gone: the same store id, and offsets jump.
        case moved
        /// The original lives on: a new store id.
        case cloned
        /// As `moved`, also where the file has by chance the number it was left with.
        case restored
    }

    /// The defaults.
    public init() {}
}

/// The configuration after the volume has been looked at.
struct LogLayout: Sendable {
    let budget: Int
    let segmentByteCount: Int
    let ballastByteCount: Int
    /// Kept free below the budget, so that removals and rolls always fit.
    let reserve: Int
    let stateByteCountMax: Int
    /// The active segment's file gets its space on the volume in steps of this size.
    let reservationByteCount: Int
    let segmentAge: Int64

    init(_ configuration: LogConfiguration, volumeByteCount: Int) {
        budget = configuration.budget ?? max(1 << 30, volumeByteCount / 10)
        let fitting = min(max(budget / 256, 64 << 20), 1 << 30)
        segmentByteCount = max(
            configuration.segmentByteCount ?? min(fitting, max(budget / 8, 256 << 10)),
            LogLimits.segmentByteCountMin)
        ballastByteCount = min(4 << 20, budget / 64)
        reserve = (128 << 10) + segmentByteCount / 8
        stateByteCountMax = segmentByteCount / 16
        reservationByteCount = min(max(segmentByteCount / 16, 64 << 10), 4 << 20)
        let quiet = configuration.retentionAge.map { max($0 / 8, 1000) } ?? 86_400_000
        segmentAge = configuration.segmentAge ?? quiet
    }
}
