import Dispatch
import StreamLog

/// Holds the log's writer inside the answer to an empty commit while the simulation acts, so that
/// what it takes together, and when it looks at the clock, depends on the seed alone.
final class WriterGate: Sendable {
    private let opened = DispatchSemaphore(value: 0)
    private let reached = DispatchSemaphore(value: 0)

    /// Returns once the writer stands at the gate, and has nothing else to do.
    func close(_ log: StreamLog) {
        log.enqueue(Commit()) { [self] _ in
            reached.signal()
            opened.wait()
        }
        reached.wait()
    }

    /// Lets the writer do what waits for it. It stands at the gate again afterwards.
    func turn(_ log: StreamLog) {
        log.enqueue(Commit()) { [self] _ in
            reached.signal()
            opened.wait()
        }
        opened.signal()
        reached.wait()
    }

    /// Lets the writer go its way.
    func open() { opened.signal() }
}
