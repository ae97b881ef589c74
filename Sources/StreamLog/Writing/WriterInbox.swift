internal import Dispatch
internal import Glibc
internal import StreamModel
internal import Synchronization

/// Where callers leave commits for the writer's thread, and where it sleeps when there are none.
final class WriterInbox: Sendable {
    fileprivate struct State {
        var queue: CommitQueue
        /// What found the queue full, in order of arrival: their callers are suspended.
        var blocked: [Blocked] = []
        var isWriterAsleep = false
        var isClosing = false
    }

    fileprivate enum Blocked {
        case commit(Commit, CommitCompletion)
        case record(Record, PartitionID, RecordContinuation)
    }

    private let state: Mutex<State>
    /// How many have left something that was not taken yet: changed under the lock, and read
    /// without it while the writer looks around.
    private let waiting = Atomic<Int>(0)
    private let wake = DispatchSemaphore(value: 0)
    /// How long the writer looks around before it goes to sleep, in microseconds. Only the writer
    /// changes it.
    private let watch = Atomic<Int>(shortWatch)

    init(capacity: Int) { state = Mutex(State(queue: CommitQueue(capacity: capacity))) }

    /// Leaves a commit. A full queue makes its caller wait: the completion comes later.
    func submit(_ commit: Commit, _ completion: @escaping CommitCompletion) {
        let isClosed = deliver { state in
            if state.isClosing { return true }
            if !state.blocked.isEmpty && !commit.appends.isEmpty
                || state.queue.enqueue(commit, completion) == .full
            {
                state.blocked.append(.commit(commit, completion))
            }
            return false
        }
        if isClosed { completion(.failure(.closed(reason: nil))) }
    }

    /// Leaves a commit, unless the queue is full.
    func trySubmit(
        _ commit: Commit, _ completion: @escaping CommitCompletion
    ) throws(CommitError) {
        var refusal: CommitError?
        _ = deliver { state in
            if state.isClosing {
                refusal = .closed(reason: nil)
            } else if state.queue.enqueue(commit, completion) == .full {
                refusal = .full(.queue(byteCount: state.queue.byteCount))
            }
            return refusal != nil
        }
        if let refusal { throw refusal }
    }

    /// Leaves one record. A full queue makes its caller wait.
    func submit(_ record: Record, to id: PartitionID, _ continuation: RecordContinuation) {
        var refusal: CommitError?
        _ = deliver { state in
            if state.isClosing {
                refusal = .closed(reason: nil)
                return true
            }
            do throws(BatchError) {
                var isFull = !state.blocked.isEmpty
                if !isFull {
                    isFull = try state.queue.enqueue(record, to: id, continuation) == .full
                }
                if isFull { state.blocked.append(.record(record, id, continuation)) }
            } catch {
                refusal = CommitError(error)
            }
            return refusal != nil
        }
        if let refusal { continuation.resume(.failure(refusal)) }
    }

    /// Does `change` under the lock and wakes the writer, unless it says that nothing was left.
    private func deliver(_ change: (inout State) -> Bool) -> Bool {
        let (isNothing, mustWake) = state.withLock { state in
            let isNothing = change(&state)
            let mustWake = !isNothing && state.isWriterAsleep
            if !isNothing { waiting.wrappingAdd(1, ordering: .releasing) }
            if mustWake { state.isWriterAsleep = false }
            return (isNothing, mustWake)
        }
        if mustWake { wake.signal() }
        return isNothing
    }

    /// What waits in the queue, in bytes.
    var waitingByteCount: Int { state.withLock { $0.queue.byteCount } }

    /// No more is taken. What has been left will still be committed.
    func close() {
        _ = deliver { state in
            state.isClosing = true
            return false
        }
    }

    /// What the writer finds when it looks.
    enum Found {
        case load(CommitQueue.Load)
        /// Nothing came before the time was over.
        case nothing
        /// Nothing is left, and nothing more will come.
        case closed
    }

    /// What the writer is able to take.
    enum Appetite {
        case everything
        /// Appends have to wait for space; the rest may be what frees it.
        case requestsOnly
    }

    /// Called by the writer alone: what waits, or what comes within `milliseconds`.
    func next(_ appetite: Appetite, within milliseconds: Int64) -> Found {
        let start = ContinuousClock.now
        let watch = watch.load(ordering: .relaxed)
        lookAround(for: .microseconds(watch)) { $0 > 0 }
        if let found = look(appetite, goingToSleep: true) { return found }
        _ = wake.wait(timeout: .now() + .milliseconds(Int(milliseconds)))
        // Who came just after the writer had gone to sleep will be met awake the next time.
        let isMissed = start.duration(to: .now) < .microseconds(2 * Self.longWatch)
        self.watch.store(isMissed ? Self.longWatch : Self.shortWatch, ordering: .relaxed)
        return look(appetite, goingToSleep: false) ?? .nothing
    }

    /// Waits, for no longer than `limit`, until `count` more have come: that many were answered a
    /// moment ago, are likely to be on their way back, and may as well share a flush.
    func gather(_ count: Int, for limit: Duration) {
        let target = waiting.load(ordering: .acquiring) + count
        lookAround(for: limit) { $0 >= target }
    }

    /// A thread that sleeps takes tens of microseconds to wake, which is much beside a flush. A
    /// caller who is answered takes as long to wake and come back, and is worth a longer look.
    private static let shortWatch = 40
    private static let longWatch = 120

    private func lookAround(for limit: Duration, until isEnough: (Int) -> Bool) {
        let start = ContinuousClock.now
        while !isEnough(waiting.load(ordering: .acquiring)) {
            guard start.duration(to: .now) < limit else { return }
            sched_yield()
        }
    }

    private func look(_ appetite: Appetite, goingToSleep: Bool) -> Found? {
        state.withLock { state in
            state.isWriterAsleep = false
            let load = state.take(appetite)
            waiting.store(0, ordering: .releasing)
            if !load.isEmpty { return .load(load) }
            if state.isClosing { return .closed }
            state.isWriterAsleep = goingToSleep
            return nil
        }
    }
}

extension WriterInbox.State {
    fileprivate mutating func take(_ appetite: WriterInbox.Appetite) -> CommitQueue.Load {
        switch appetite {
        case .requestsOnly: return queue.takeRequests()
        case .everything:
            let load = queue.take()
            unblock()
            return load
        }
    }

    /// Lets those in that found the queue full, as far as there is room now.
    fileprivate mutating func unblock() {
        guard !blocked.isEmpty else { return }
        var taken = 0
        unblocking: for waiting in blocked {
            switch waiting {
            case .commit(let commit, let completion):
                if queue.enqueue(commit, completion) == .full { break unblocking }
            case .record(let record, let id, let continuation):
                do throws(BatchError) {
                    if try queue.enqueue(record, to: id, continuation) == .full {
                        break unblocking
                    }
                } catch {
                    continuation.resume(.failure(CommitError(error)))
                }
            }
            taken += 1
        }
        blocked.removeFirst(taken)
    }
}

extension CommitError {
    /// The refusal of a batch that cannot be made.
    init(_ error: BatchError) {
        self =
            switch error {
            case .recordTooLarge(let count, let limit):
                .tooLarge(.record, byteCount: count, limit: limit)
            case .batchTooLarge(let count, let limit):
                .tooLarge(.batch, byteCount: count, limit: limit)
            case .malformed, .unsupportedMagic, .checksumMismatch, .badCount, .malformedRecord,
                .compression:
                .malformed(error)
            }
    }
}
