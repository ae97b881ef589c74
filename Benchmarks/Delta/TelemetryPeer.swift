/// pyarrow and delta-rs, which write the telemetry when they are told to.
struct TelemetryPeer {
    enum Format: String { case parquet, table }

    let repeats: Int
    private let process: PeerProcess

    /// On return the peer has all its rows in memory, `repeats` times those of the data set.
    init(below parent: String, repeats: Int = 10) throws {
        self.repeats = repeats
        process = try PeerProcess(
            "Benchmarks/Delta/peer.py",
            ["../shared/data/nab-telemetry.ndjson.zst", nil, "\(repeats)"], below: parent)
    }

    /// Where the columns lie that it has laid out.
    var directory: String { process.directory }

    /// Writes all rows, and says how long that took by the peer's own clock and how large it is.
    func write(_ format: Format, to path: String) throws -> (seconds: Double, byteCount: Double) {
        let answer = try process.ask("\(format.rawValue) \(path)", numbers: 2)
        return (answer[0], answer[1])
    }
}
