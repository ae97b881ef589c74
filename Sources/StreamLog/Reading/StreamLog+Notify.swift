package import StreamModel
internal import Synchronization

/// For callers without a task of their own: the control socket, and whoever follows several
/// partitions at once.
extension StreamLog {
    /// Calls `wake` once, as soon as one of the partitions reaches beyond the offset beside it, or
    /// never will: deleted, or the log closed. It may be called before this returns, and on the
    /// writer's thread, so it has to be quick.
    package func notify(
        of places: [(id: PartitionID, offset: Offset)], _ wake: @escaping @Sendable () -> Void
    ) -> NewsTicket {
        let once = Once(wake)
        var lines: [(PartitionID, UInt64)] = []
        for place in places {
            let given = shared.followers.wait(for: place.id) { once() }
            if let given { lines.append((place.id, given)) }
        }
        // What came between the caller's read and the wait must not be slept through.
        let isDue = shared.view.withLock { view in
            view.isClosed
                || places.contains { place in
                    guard let partition = view.state.partition(place.id) else { return true }
                    return partition.end > place.offset.rawValue
                }
        }
        if isDue { once() }
        return NewsTicket(lines: lines, once: once)
    }

    /// Gives up waiting. `wake` is not called afterwards, unless it is being called already.
    package func cancel(_ ticket: NewsTicket) {
        ticket.once.disarm()
        for (id, line) in ticket.lines { shared.followers.cancel(line, for: id) }
    }

    /// Hands a commit over and returns at once. A full queue keeps it, in order, and calls
    /// `completion` later; the caller has to bound what it hands over before it is answered.
    package func enqueue(_ commit: Commit, completion: @escaping CommitCompletion) {
        shared.inbox.submit(commit, completion)
    }

    /// Whether `close` has been called.
    package var isClosed: Bool { shared.view.withLock { $0.isClosed } }
}

/// What `StreamLog.notify` is given up with.
package struct NewsTicket: Sendable {
    let lines: [(PartitionID, UInt64)]
    let once: Once
}

/// Makes the first of many calls, and forgets it.
final class Once: Sendable {
    private let call: Mutex<(@Sendable () -> Void)?>

    init(_ call: @escaping @Sendable () -> Void) { self.call = Mutex(call) }

    func callAsFunction() {
        let taken = call.withLock { call in
            defer { call = nil }
            return call
        }
        taken?()
    }

    func disarm() { call.withLock { $0 = nil } }
}
