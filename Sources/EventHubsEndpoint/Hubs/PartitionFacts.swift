internal import EventModel
internal import StreamLog
internal import StreamModel

/// What the log says of the ends of a partition.
struct PartitionFacts: Sendable {
    /// The sequence number of the oldest event there is.
    let begin: Int64
    /// The sequence number that the next event will get.
    let end: Int64
    /// The last event that was ever stored; nil for none.
    let last: EventPlace?

    init(of id: PartitionID, in log: StreamLog) throws(ReadError) {
        let bounds = try log.bounds(of: id)
        begin = bounds.lowerBound
        end = bounds.upperBound
        last = Offset(bounds.upperBound - 1).map { offset in
            EventPlace(offset: offset, enqueuedTime: Self.appendTime(of: offset, id, log))
        }
    }

    var isEmpty: Bool { begin == end }

    /// 0 when the event is gone.
    private static func appendTime(
        of offset: Offset, _ id: PartitionID, _ log: StreamLog
    ) -> Int64 {
        let result = try? log.read(id, from: offset, byteCount: 1, .reportGap)
        guard case .batch(let stored) = result?.items.first else { return 0 }
        return stored.appendTime
    }
}
