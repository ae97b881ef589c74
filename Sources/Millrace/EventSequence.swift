public import StreamLog
internal import StreamModel
internal import Synchronization

/// Events and gaps of a stream, as they come. Events of one partition are in order.
///
/// It survives whatever happens to the files below. What retention or damage has taken is a gap in
/// it, and what follows goes on.
public struct EventSequence: AsyncSequence, Sendable {
    /// What it gives.
    public typealias Element = StreamItem
    /// How it fails.
    public typealias Failure = ReadError

    enum Stop { case atEnd, never }

    /// How far one partition has been read.
    struct Line: Sendable {
        let id: PartitionID
        let partition: PartitionIndex
        var next: Offset
        /// Where to stop; nil: never.
        let end: Offset?

        var isOver: Bool { end.map { next >= $0 } ?? false }
    }

    let log: StreamLog
    let lines: [Line]

    /// An iterator that begins where the sequence begins.
    public func makeAsyncIterator() -> Iterator { Iterator(log: log, lines: lines) }

    /// Reads the partitions in turns, some of each at a time.
    public struct Iterator: AsyncIteratorProtocol {
        private let log: StreamLog
        private var lines: [Line]
        private var turn = 0
        private var items: [StreamItem] = []
        private var place = 0

        private static let byteCount = 256 << 10

        init(log: StreamLog, lines: [Line]) {
            self.log = log
            self.lines = lines
        }

        /// The next event or gap; nil at the end of what is to be read.
        public mutating func next() async throws(ReadError) -> StreamItem? {
            while place == items.count {
                guard !Task.isCancelled, !log.isClosed else { return nil }
                items = try read()
                place = 0
                if !items.isEmpty { break }
                if lines.allSatisfy({ $0.isOver }) { return nil }
                await waitForNews()
            }
            defer { place += 1 }
            return items[place]
        }

        /// The same, wherever it is called.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(ReadError) -> StreamItem? {
            try await next()
        }

        /// What there is in the partition whose turn it is, or in one of those after it.
        private mutating func read() throws(ReadError) -> [StreamItem] {
            for step in lines.indices {
                let index = (turn + step) % lines.count
                guard !lines[index].isOver else { continue }
                let result = try log.read(
                    lines[index].id, from: lines[index].next, byteCount: Self.byteCount,
                    .reportGap)
                let found = result.items.flatMap { StreamItem.items(in: $0, lines[index]) }
                lines[index].next = result.next
                turn = index + 1
                if !found.isEmpty { return found }
            }
            return []
        }

        private func waitForNews() async {
            let places = lines.filter { !$0.isOver }.map { (id: $0.id, offset: $0.next) }
            let news = News()
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    news.expect { continuation.resume() }
                    news.keep(log.notify(of: places) { news.arrive() })
                    if Task.isCancelled { news.arrive() }
                }
            } onCancel: {
                news.arrive()
            }
            if let ticket = news.ticket { log.cancel(ticket) }
        }
    }
}

/// A call that is to be made once, by whichever comes first.
private final class News: Sendable {
    private struct State {
        var call: (@Sendable () -> Void)?
        var ticket: NewsTicket?
    }

    private let state = Mutex(State())

    var ticket: NewsTicket? { state.withLock { $0.ticket } }

    func expect(_ call: @escaping @Sendable () -> Void) { state.withLock { $0.call = call } }

    func keep(_ ticket: NewsTicket) { state.withLock { $0.ticket = ticket } }

    func arrive() {
        let call = state.withLock { state in
            defer { state.call = nil }
            return state.call
        }
        call?()
    }
}

extension StreamItem {
    /// What of a batch, or of a gap, lies in the part of its partition that is to be read.
    fileprivate static func items(in item: ReadItem, _ line: EventSequence.Line) -> [StreamItem] {
        switch item {
        case .gap(let gap): return [.gap(gap, line.partition)]
        case .batch(let stored):
            let appendTime = Timestamp(milliseconds: stored.appendTime)
            guard let records = try? stored.batch.records() else {
                // Its bytes are those that were sent, and no records.
                let offsets = stored.batch.baseOffset.rawValue..<stored.batch.endOffset.rawValue
                let gap = Gap(offsets: offsets, reason: .damage, time: stored.appendTime)
                return [.gap(gap, line.partition)]
            }
            return records.filter { $0.offset >= line.next && $0.offset < line.end ?? .last }
                .map { stored in
                    .event(
                        Event(
                            place: EventPlace(partition: line.partition, offset: stored.offset),
                            appendTime: appendTime, record: stored.record))
                }
        }
    }
}

extension Offset {
    fileprivate static let last = Offset(unchecked: .max)
}
