internal import Dispatch
internal import Glibc
internal import Synchronization

/// SIGINT and SIGTERM, as a wish to stop. The second one ends the process at once.
final class Interruption {
    private final class Wish: Sendable {
        let hasCome = Atomic<Bool>(false)
    }

    private let wish = Wish()
    private let sources: [any DispatchSourceSignal]

    /// From now on the signals do not end the process.
    init() {
        let queue = DispatchQueue(label: "millrace.signals")
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            return DispatchSource.makeSignalSource(signal: number, queue: queue)
        }
        for source in sources {
            source.setEventHandler { [wish] in
                let isSecond = wish.hasCome.exchange(true, ordering: .relaxed)
                if isSecond { _exit(ExitStatus.failed.rawValue) }
            }
            source.resume()
        }
    }

    var hasCome: Bool { wish.hasCome.load(ordering: .relaxed) }
}
