import Dispatch
import NIOCore
import Synchronization

/// An event loop that does nothing by itself: the simulation runs what has been left for it, in the
/// order in which it came. It keeps no time, so nothing can be scheduled on it.
final class DirectLoop: EventLoop {
    private let waiting = Mutex<[@Sendable () -> Void]>([])

    /// Only the simulation runs work of the loop, one piece after the other.
    var inEventLoop: Bool { true }

    func execute(_ task: @escaping @Sendable () -> Void) {
        waiting.withLock { $0.append(task) }
    }

    /// Runs what waits, and what that leaves; false when there was nothing.
    func run() -> Bool {
        var hasRun = false
        while true {
            let tasks = waiting.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
            if tasks.isEmpty { return hasRun }
            hasRun = true
            for task in tasks { task() }
        }
    }

    /// Forgets what waits: the process it belonged to is gone.
    func clear() { waiting.withLock { $0 = [] } }

    func scheduleTask<T>(
        deadline: NIODeadline, _ task: @escaping @Sendable () throws -> T
    ) -> Scheduled<T> {
        let promise = makePromise(of: T.self)
        promise.fail(EventLoopError.unsupportedOperation)
        return Scheduled(promise: promise) {}
    }

    func scheduleTask<T>(
        in delay: TimeAmount, _ task: @escaping @Sendable () throws -> T
    ) -> Scheduled<T> {
        scheduleTask(deadline: .now() + delay, task)
    }

    func shutdownGracefully(
        queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void
    ) {
        queue.async { callback(nil) }
    }
}
