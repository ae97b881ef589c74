/// What a run did and what came of it, as text that depends on the seed alone.
struct Trace {
    /// So many of the last lines are kept for whoever has to understand a failure.
    private static let keptCount = 40

    /// FNV-1a over all lines: a fingerprint, not a defence.
    private(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    private(set) var lines: [String] = []
    /// Whether lines are printed as they come.
    var isLoud = false

    mutating func note(_ line: String) {
        for byte in line.utf8 { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
        digest = (digest ^ 10) &* 0x100_0000_01B3
        lines.append(line)
        if lines.count > Self.keptCount { lines.removeFirst() }
        if isLoud { print(line) }
    }
}
