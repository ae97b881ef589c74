internal import Dispatch
internal import Glibc

/// SIGTERM and SIGINT, which stop a gateway for as long as the value lives.
///
/// The second of them ends the process at once. That loses nothing: what is acknowledged is
/// durable, and the rest heals at the next start.
package final class StopSignals {
    private let sources: [any DispatchSourceSignal]

    /// From now on the signals put `stop` on; `atSecond` is called before the process ends.
    package init(for stop: StopSwitch, atSecond: @escaping @Sendable () -> Void) {
        let queue = DispatchQueue(label: "millrace.signals")
        sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            return DispatchSource.makeSignalSource(signal: number, queue: queue)
        }
        for source in sources {
            source.setEventHandler {
                if stop.isOn {
                    atSecond()
                    _exit(1)
                }
                stop.stop()
            }
            source.resume()
        }
    }

    deinit { for source in sources { source.cancel() } }
}
