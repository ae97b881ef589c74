internal import Glibc
internal import Synchronization

/// How far work of a known size has got: a bar that moves on a terminal, a line now and then
/// elsewhere, with the rate and the time that is left.
final class ProgressBar: Sendable {
    private struct State {
        var first: Int64?
        var last: ContinuousClock.Instant
        var isShown = false
    }

    private let things: String
    private let isTerminal = isatty(2) == 1
    private let start = ContinuousClock.now
    private let state: Mutex<State>
    private static let width = 24

    init(of things: String) {
        self.things = things
        state = Mutex(State(last: start - .seconds(60)))
    }

    func show(_ done: Int64, _ all: Int64) {
        let now = ContinuousClock.now
        let text = state.withLock { state -> String? in
            let first = state.first ?? done
            state.first = first
            let pause: Duration = isTerminal ? .milliseconds(200) : .seconds(5)
            guard now - state.last >= pause else { return nil }
            state.last = now
            state.isShown = isTerminal
            return line(done, all, first, now)
        }
        guard let text else { return }
        isTerminal ? write("\r\u{1B}[K" + text) : complain(text, prefix: "")
    }

    /// Takes the bar away again.
    func end() {
        let isShown = state.withLock { state in
            defer { state.isShown = false }
            return state.isShown
        }
        if isShown { write("\r\u{1B}[K") }
    }

    private func line(
        _ done: Int64, _ all: Int64, _ first: Int64, _ now: ContinuousClock.Instant
    ) -> String {
        let seconds = max(0.001, (now - start) / .seconds(1))
        let rate = Double(done - first) / seconds
        let share = all > 0 ? Double(done) / Double(all) : 1
        let filled = Int(share * Double(Self.width))
        let bar =
            String(repeating: "#", count: filled)
            + String(repeating: ".", count: Self.width - filled)
        var text = "[\(bar)] \(Int(share * 100)) %, \(done) of \(all) \(things)"
        if rate > 0 {
            text += ", \(Int(rate)) a second, \(Int(Double(all - done) / rate)) s left"
        }
        return text
    }

    private func write(_ text: String) {
        let bytes = Array(text.utf8)
        // SAFETY: `write` reads only bytes of the array, inside the closure.
        _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(2, $0.baseAddress, $0.count) }
    }
}
