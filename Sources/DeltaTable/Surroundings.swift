/// What a table takes from the world around it: the time, and numbers that nobody can guess.
package struct Surroundings: Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    let now: @Sendable () -> Int64
    let random: @Sendable () -> UInt64

    /// `random` must not repeat itself elsewhere: identities of tables and commits are made
    /// of it.
    package init(
        now: @escaping @Sendable () -> Int64, random: @escaping @Sendable () -> UInt64
    ) {
        self.now = now
        self.random = random
    }

    /// A random UUID (RFC 9562, version 4) as text.
    func uuid() -> String {
        let high = random() & ~0xF000 | 0x4000
        let low = random() & ~(0b11 << 62) | 0b10 << 62
        let digits = [high, low].map { half in
            let text = String(half, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }.joined()
        var result = ""
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { result.append("-") }
            result.append(digit)
        }
        return result
    }
}
