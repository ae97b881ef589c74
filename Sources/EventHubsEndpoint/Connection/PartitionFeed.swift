internal import AMQP
internal import EventModel
internal import StreamLog
internal import StreamModel

/// Reads a partition for one link: what has been read and not sent yet, and where to go on.
///
/// A batch that was begun stays decoded until its last event is sent, because credit often ends in
/// the middle of one.
struct PartitionFeed {
    /// What one read fetches beyond its first batch.
    private static let readByteCount = 256 << 10

    let partition: PartitionID
    /// The offset of the next event to send.
    private(set) var next: Offset
    private var items: ArraySlice<ReadItem> = []
    private var open: OpenBatch?
    private var news: PartitionNews?

    /// A batch of which some events may have been sent.
    private struct OpenBatch {
        let decoded: DecodedBatch
        let appendTime: Int64
        var stepped = 0
    }

    init(_ partition: PartitionID, from offset: Offset) {
        self.partition = partition
        next = offset
    }

    /// What a step came to.
    enum Progress {
        /// Something was sent, or stepped over.
        case moved
        /// There is no event yet.
        case atEnd
    }

    /// Sends what can be sent, one batch at most. Nothing is in memory afterwards if all was sent.
    mutating func step(
        on link: LinkID, _ engine: inout ConnectionEngine, in log: StreamLog, wantsNews: Bool,
        now: Int64, outputByteCountMax: Int
    ) throws(ReadError) -> Progress {
        if open == nil {
            guard try openNext(in: log) else { return .atEnd }
            if wantsNews { news = try PartitionNews(of: partition, in: log, now: now) }
        }
        guard var batch = open else { return .moved }
        let isDone = send(&batch, on: link, &engine, outputByteCountMax)
        open = isDone ? nil : batch
        return .moved
    }

    /// Opens the next batch, or steps over a gap. False when there is nothing.
    private mutating func openNext(in log: StreamLog) throws(ReadError) -> Bool {
        if items.isEmpty {
            let result = try log.read(
                partition, from: next, byteCount: Self.readByteCount, .reportGap)
            items = result.items[...]
        }
        guard let item = items.popFirst() else { return false }
        switch item {
        case .gap(let gap):
            next = Offset(max(gap.offsets.upperBound, next.rawValue)) ?? next
        case .batch(let stored):
            guard let decoded = try? stored.batch.decoded() else {
                // Its checksums are right, so a producer made it so: nobody can read it.
                next = max(next, stored.batch.endOffset)
                return true
            }
            open = OpenBatch(decoded: decoded, appendTime: stored.appendTime)
        }
        return true
    }

    /// True when the batch has no event left to send.
    private mutating func send(
        _ batch: inout OpenBatch, on link: LinkID, _ engine: inout ConnectionEngine,
        _ outputByteCountMax: Int
    ) -> Bool {
        let decoded = batch.decoded
        let appendTime = batch.appendTime
        var stepped = batch.stepped
        var cursor = decoded.cursor()
        let end = Offset(decoded.header.baseOffset + Int64(decoded.header.lastOffsetDelta) + 1)
        defer { batch.stepped = stepped }
        do throws(BatchError) {
            for _ in 0..<stepped { _ = try cursor.next() }
            while engine.outputByteCount < outputByteCountMax, engine.sendCapacity(of: link) > 0 {
                guard let view = try cursor.next() else {
                    next = max(next, end ?? next)
                    return true
                }
                stepped += 1
                if view.offset < next { continue }
                let place = EventPlace(offset: view.offset, enqueuedTime: appendTime)
                let event = StoredEvent(view)
                engine.send(on: link, isSettled: true) { writer in
                    event.append(at: place, news: news, to: &writer)
                }
                next = view.offset.advanced(by: 1)
            }
            return false
        } catch {
            next = max(next, end ?? next)
            return true
        }
    }
}

extension PartitionNews {
    /// What is known of the end of a partition now.
    init(of id: PartitionID, in log: StreamLog, now: Int64) throws(ReadError) {
        self.init(last: try PartitionFacts(of: id, in: log).last, readAt: now)
    }
}
