package import StreamModel
internal import Synchronization

/// Everything of a partition from an offset on, as it comes: batches and gaps, in order.
///
/// It survives rolls and retention. It ends when the log is closed or its task is cancelled.
package struct Follower: AsyncSequence, Sendable {
    let log: StreamLog
    let id: PartitionID
    let offset: Offset

    /// Each iterator begins at the follower's offset.
    package func makeAsyncIterator() -> Iterator { Iterator(log: log, id: id, next: offset) }

    /// A reader's place. Not to be shared between tasks.
    package struct Iterator: AsyncIteratorProtocol {
        let log: StreamLog
        let id: PartitionID
        private var next: Offset
        private var items: [ReadItem] = []
        private var place = 0

        init(log: StreamLog, id: PartitionID, next: Offset) {
            self.log = log
            self.id = id
            self.next = next
        }

        /// The next batch or gap; waits for it. Nil when the log is closed or the task cancelled.
        package mutating func next() async throws(ReadError) -> ReadItem? {
            while place == items.count {
                guard !Task.isCancelled else { return nil }
                let result = try log.read(id, from: next, .reportGap)
                (items, place, next) = (result.items, 0, result.next)
                if items.isEmpty, try await !log.waitForMore(of: id, after: next) { return nil }
            }
            defer { place += 1 }
            return items[place]
        }

        /// As `next()`, wherever the caller runs.
        package mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(ReadError) -> ReadItem? {
            try await next()
        }
    }
}

extension StreamLog {
    /// Batches and gaps from `offset` on, for ever.
    package func follow(_ id: PartitionID, from offset: Offset) -> Follower {
        Follower(log: self, id: id, offset: offset)
    }

    /// Returns when the partition reaches beyond `offset`. False when it never will: the log was
    /// closed, or the task cancelled.
    package func waitForMore(
        of id: PartitionID, after offset: Offset
    ) async throws(ReadError) -> Bool {
        while !Task.isCancelled {
            let ticket = Mutex<UInt64?>(nil)
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let given = shared.followers.wait(for: id) { continuation.resume() }
                    ticket.withLock { $0 = given }
                    // What came between the caller's read and the wait must not be slept through.
                    if Task.isCancelled || hasMore(id, after: offset), let given {
                        shared.followers.cancel(given, for: id)
                    }
                }
            } onCancel: {
                if let given = ticket.withLock({ $0 }) { shared.followers.cancel(given, for: id) }
            }
            if try partitionState(id).end > offset.rawValue { return true }
            if shared.view.withLock({ $0.isClosed }) { return false }
        }
        return false
    }

    private func hasMore(_ id: PartitionID, after offset: Offset) -> Bool {
        shared.view.withLock { view in
            guard let partition = view.state.partition(id) else { return true }
            return partition.end > offset.rawValue || view.isClosed
        }
    }
}
