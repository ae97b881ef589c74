/// Something a pipeline has done, for whoever keeps histograms.
package enum PipelineObservation: Sendable {
    /// One commit to one table: its name after the parent's, empty for the parent, and what it
    /// took until it was read back.
    case commit(pipeline: String, table: String, milliseconds: Int64)
    /// One flush, after the last of its commits.
    case flush(pipeline: String, PipelineStatistics.Flush)
}

/// Who is told of it.
package typealias PipelineObserver = @Sendable (PipelineObservation) -> Void

/// What a pipeline is doing.
package enum PipelineState: Equatable, Sendable {
    case waitingForStream
    case starting
    case following
    /// An order is being carried out, and following waits.
    case working(PipelineWork)
    /// Until the operator chooses.
    case paused(Pause)
    /// Until that time, in milliseconds since 1970; the log goes on meanwhile.
    case retrying(Trouble, at: Int64)
    case stopped

    /// One word for metrics and commands.
    package var name: String {
        switch self {
        case .waitingForStream: "waiting-for-stream"
        case .starting: "starting"
        case .following: "following"
        case .working(let work): work.kind.rawValue
        case .paused: "paused"
        case .retrying: "retrying"
        case .stopped: "stopped"
        }
    }

    /// One word for what stands in the way; nil when nothing does.
    package var cause: String? {
        switch self {
        case .paused(let pause): pause.anomaly.name
        case .retrying(let trouble, _): trouble.name
        case .waitingForStream, .starting, .following, .working, .stopped: nil
        }
    }
}

extension PipelineState: CustomStringConvertible {
    /// What it does and, when it stands still, why and what to do.
    package var description: String {
        switch self {
        case .waitingForStream, .starting, .following, .stopped: name
        case .working(let work): "\(name): \(work.done) of \(work.all)"
        case .paused(let pause): "paused: \(pause)"
        case .retrying(let trouble, _): "retrying: \(trouble)"
        }
    }
}

/// How a pipeline stands, and what it has done since it was started.
package struct PipelineStatistics: Sendable {
    /// How one partition stands.
    package struct Partition: Equatable, Sendable {
        /// From 0.
        package let index: UInt32
        /// The next offset that is not in the tables yet, and where the partition ends.
        package let position: Int64
        /// The offset that the next event gets.
        package let end: Int64
        /// When the log took the event at `position`, in milliseconds since 1970; nil when none
        /// waits there.
        package internal(set) var waitingSince: Int64?

        /// How many events are in the log and not in the tables.
        package var lag: Int64 { max(0, end - position) }
    }

    /// The pipeline's name, the stream it follows, and the directory of its parent table.
    package let name: String
    /// The stream's name.
    package let stream: String
    /// The directory of the parent table.
    package let root: String
    /// As of the last thing it did.
    package internal(set) var state: PipelineState = .starting
    /// Empty until the stream is there.
    package internal(set) var partitions: [Partition] = []
    /// When the oldest event came that is not in the tables yet, as far as that is known.
    package internal(set) var waitingSince: Int64?
    /// What became of the events that it has written.
    package internal(set) var counts = EventTally()
    /// Rows written to parent and children, and the bytes of all files written.
    package internal(set) var rowCount: Int64 = 0
    /// As written, also of files that have been put together since.
    package internal(set) var fileByteCount: Int64 = 0
    /// What the live files of all its tables take of their volume.
    package internal(set) var liveByteCount: Int64 = 0
    /// What all files of its tables take, dead ones and the Delta logs among them.
    package internal(set) var diskByteCount: Int64 = 0
    /// Plans carried out, each in up to one commit for each table.
    package internal(set) var flushCount: Int64 = 0
    /// Commits to all its tables, read back.
    package internal(set) var commitCount: Int64 = 0
    /// What the commits took together, from before each until it was read back, in milliseconds.
    package internal(set) var commitMilliseconds: Int64 = 0
    /// How often small files were put together.
    package internal(set) var compactionCount: Int64 = 0
    /// Values that did not fit, by table and column; the first of them.
    package internal(set) var rescues: [String: Int64] = [:]
    /// What operators should know, newest last: columns beyond the limit, rows others deleted.
    package internal(set) var notices: [String] = []
    /// Nil before the first.
    package internal(set) var lastFlush: Flush?
    /// The newest order.
    package internal(set) var order: OrderStatus?

    /// One flush, in milliseconds.
    package struct Flush: Equatable, Sendable {
        /// When its last commit was read back, in milliseconds since 1970.
        package let end: Int64
        /// From the first event that was read to the last commit that was read back.
        package let duration: Int64
        /// How old its newest event was when the last table had it.
        package let newestAge: Int64?
        /// How old its oldest event was then; nil without any.
        package let oldestAge: Int64?
    }

    static let noticeCountMax = 32
    static let rescueCountMax = 256

    /// How many events of all partitions are in the log and not in the tables.
    package var lag: Int64 { partitions.reduce(0) { $0 + $1.lag } }

    mutating func note(_ notice: String) {
        guard !notices.contains(notice) else { return }
        notices.append(notice)
        if notices.count > Self.noticeCountMax { notices.removeFirst() }
    }
}
