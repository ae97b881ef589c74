/// Another engine, which converts the same events when it is told to.
struct MaterializePeer {
    enum Engine: String { case duckdb, spark, nested = "duckdb-nested" }

    private let process: PeerProcess

    /// On return the engine has started, and the input lies in one file.
    init(_ engine: Engine, _ source: String, repeats: Int, below parent: String) throws {
        process = try PeerProcess(
            "Benchmarks/Materialize/peer.py", [engine.rawValue, source, nil, "\(repeats)"],
            below: parent)
    }

    /// Converts everything, and says how long that took in seconds by the peer's own clock.
    func convert() throws -> Double { try process.ask("go", numbers: 1)[0] }
}
