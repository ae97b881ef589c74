/// What a pipeline is doing.
package enum PipelineState: Equatable, Sendable {
    case waitingForStream
    case starting
    case following
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
        case .paused: "paused"
        case .retrying: "retrying"
        case .stopped: "stopped"
        }
    }
}

extension PipelineState: CustomStringConvertible {
    package var description: String {
        switch self {
        case .waitingForStream, .starting, .following, .stopped: name
        case .paused(let pause): "paused: \(pause)"
        case .retrying(let trouble, _): "retrying: \(trouble)"
        }
    }
}

/// How a pipeline stands, and what it has done since it was started.
package struct PipelineStatistics: Sendable {
    package struct Partition: Equatable, Sendable {
        package let index: UInt32
        /// The next offset that is not in the tables yet, and where the partition ends.
        package let position: Int64
        package let end: Int64
    }

    package let name: String
    package let stream: String
    package let root: String
    package internal(set) var state: PipelineState = .starting
    package internal(set) var partitions: [Partition] = []
    /// When the oldest event came that is not in the tables yet, as far as that is known.
    package internal(set) var waitingSince: Int64?
    package internal(set) var counts = EventTally()
    package internal(set) var rowCount: Int64 = 0
    package internal(set) var fileByteCount: Int64 = 0
    package internal(set) var flushCount: Int64 = 0
    package internal(set) var commitCount: Int64 = 0
    package internal(set) var compactionCount: Int64 = 0
    /// Values that did not fit, by table and column; the first of them.
    package internal(set) var rescues: [String: Int64] = [:]
    /// What operators should know, newest last: columns beyond the limit, rows others deleted.
    package internal(set) var notices: [String] = []
    package internal(set) var lastFlush: Flush?

    /// One flush, in milliseconds.
    package struct Flush: Equatable, Sendable {
        package let end: Int64
        package let duration: Int64
        /// How old its newest event was when the last table had it.
        package let newestAge: Int64?
        package let oldestAge: Int64?
    }

    static let noticeCountMax = 32
    static let rescueCountMax = 256

    package var lag: Int64 { partitions.reduce(0) { $0 + max(0, $1.end - $1.position) } }

    mutating func note(_ notice: String) {
        guard !notices.contains(notice) else { return }
        notices.append(notice)
        if notices.count > Self.noticeCountMax { notices.removeFirst() }
    }
}
