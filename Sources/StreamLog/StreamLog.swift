internal import Dispatch
internal import DurableFiles
package import StreamModel
internal import Synchronization

/// The log of one store: appends that are durable when they return, and reads of what is durable.
///
///        append ──▶ queue ──▶ draft ──▶ one commit block ──▶ device ──▶ answer
///                  (bounded)  (offsets)  (one LMDB put)                    │
///        read  ◀── recent batches, active segment, closed segments ◀───────┘ visible
///
/// One process opens a store; any number of tasks use the value. `close` it at the end: a log that
/// is only let go of keeps its thread and its lock.
package final class StreamLog: Sendable {
    let shared: LogShared
    /// Which store this is.
    package let storeID: StoreID
    /// The store's directory.
    package let path: String
    private let closing: Mutex<Closing>

    private struct Closing {
        /// Held until the writer's thread has ended.
        var lock: StoreLock?
        var waiting: [@Sendable () -> Void] = []
    }

    /// Opens the store at `path`, or makes one. The newest segment's blocks are walked, and a new
    /// segment is begun: time and writes depend on the size of a segment, not of the log.
    package init(
        opening path: String, _ configuration: LogConfiguration = LogConfiguration(),
        clock: any LogClock = SystemClock(), random: any RandomNumberGenerator & Sendable
    ) throws(OpenError) {
        let store: Directory
        do { store = try Directory.make(path) } catch { throw OpenError(error) }
        // Before the lock: there are volumes on which it would fail, or promise nothing.
        _ = try LogWriter.usableVolume(of: store)
        let lock = try StoreLock(store)
        let ended = Ended()
        let opened = try Self.startWriter(ended) { () throws(OpenError) in
            try LogWriter.open(
                LogWriter.Surroundings(
                    store: store, configuration: configuration, clock: clock, random: random))
        }
        self.path = path
        shared = opened.shared
        storeID = opened.storeID
        closing = Mutex(Closing(lock: lock))
        ended.notify { [weak self] in self?.writerEnded() }
    }

    /// What an open log's thread hands back once it is ready.
    private struct Opened: Sendable {
        let shared: LogShared
        let storeID: StoreID
    }

    /// Everything that only the writer may touch is made on its thread and never leaves it.
    private static func startWriter(
        _ ended: Ended, _ open: @escaping @Sendable () throws(OpenError) -> LogWriter
    ) throws(OpenError) -> Opened {
        let result = Handover<Result<Opened, OpenError>>()
        WriterThread.start {
            do throws(OpenError) {
                var writer = try open()
                result.give(
                    .success(
                        Opened(shared: writer.shared, storeID: writer.segment.header.store)))
                writer.run()
                writer.shared.finishBackground()
            } catch {
                result.give(.failure(error))
            }
            ended.signal()
        }
        return try result.take().get()
    }

    // MARK: Appending

    /// Appends one record, and returns its offset when it is durable.
    ///
    /// Records of one partition that wait together become one batch. A full queue suspends the
    /// caller. Cancellation does not take back what was handed over: the record will be there.
    package func append(
        _ record: Record, to partition: PartitionID
    ) async throws(CommitError) -> Offset {
        // SAFETY: the inbox resumes the continuation exactly once, also when the log is closed.
        let result = await unsafe withUnsafeContinuation { continuation in
            shared.inbox.submit(
                record, to: partition, unsafe RecordContinuation(continuation))
        }
        return try result.get()
    }

    /// Commits batches and changes of state together, and returns when they are durable.
    ///
    /// A full queue suspends the caller. Cancellation does not take back what was handed over.
    package func commit(_ commit: Commit) async throws(CommitError) -> CommitReceipt {
        let result: Result<CommitReceipt, CommitError> = await withCheckedContinuation { waiting in
            shared.inbox.submit(commit) { waiting.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Hands a commit over and returns at once; refused when the queue is full. `completion` is
    /// called once, from the writer's thread, and has to be quick.
    package func submit(
        _ commit: Commit, completion: @escaping CommitCompletion
    ) throws(CommitError) {
        try shared.inbox.trySubmit(commit, completion)
    }

    // MARK: Closing

    /// Commits what has been handed over, and lets go of the store. Nothing can be done with the
    /// log afterwards.
    package func close() async {
        shared.inbox.close()
        shared.view.withLock { $0.isClosed = true }
        await withCheckedContinuation { continuation in
            let isOver = closing.withLock { closing in
                if closing.lock == nil { return true }
                closing.waiting.append { continuation.resume() }
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    private func writerEnded() {
        shared.followers.close()
        let waiting = closing.withLock { closing in
            closing.lock = nil
            defer { closing.waiting = [] }
            return closing.waiting
        }
        for resume in waiting { resume() }
    }
}

/// A value that one thread waits for and another gives.
private final class Handover<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    private let ready = DispatchSemaphore(value: 0)

    func give(_ given: Value) {
        value.withLock { $0 = given }
        ready.signal()
    }

    func take() -> Value {
        ready.wait()
        guard let taken = value.withLock({ $0 }) else {
            preconditionFailure("a handover was signalled before its value was given")
        }
        return taken
    }
}

/// The end of the writer's thread, whichever comes first: the end or who wants to know of it.
private final class Ended: Sendable {
    private let state = Mutex<(isOver: Bool, notify: (@Sendable () -> Void)?)>((false, nil))

    func signal() {
        let notify = state.withLock { state in
            state.isOver = true
            return state.notify
        }
        notify?()
    }

    func notify(_ call: @escaping @Sendable () -> Void) {
        let isOver = state.withLock { state in
            state.notify = call
            return state.isOver
        }
        if isOver { call() }
    }
}
