internal import Glibc

/// How far long work has got: a line that changes on a terminal, a line now and then elsewhere.
struct ProgressLine {
    private let isTerminal = isatty(2) == 1
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var last: ContinuousClock.Instant
    private var isShown = false

    init() {
        start = clock.now
        last = start
    }

    mutating func show(_ count: Int, _ things: String) {
        let now = clock.now
        guard now - last >= (isTerminal ? .milliseconds(200) : .seconds(10)) else { return }
        last = now
        let rate = Double(count) / max(0.001, (now - start) / .seconds(1))
        let text = "\(count) \(things), \(Int(rate)) a second"
        if isTerminal {
            write("\r\u{1B}[K" + text)
            isShown = true
        } else {
            complain(text)
        }
    }

    /// Takes the line away again.
    mutating func end() {
        if isShown { write("\r\u{1B}[K") }
        isShown = false
    }

    private func write(_ text: String) {
        let bytes = Array(text.utf8)
        // SAFETY: `write` reads only bytes of the array, inside the closure.
        _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(2, $0.baseAddress, $0.count) }
    }
}
