import Foundation

/// A Python process that writes the telemetry with pyarrow and delta-rs when it is told to.
final class TelemetryPeer {
    enum Format: String { case parquet, table }

    let repeats: Int
    /// Where the columns lie that it has laid out.
    let directory: String
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    /// On return the peer has all its rows in memory, `repeats` times those of the data set.
    init(below parent: String, repeats: Int = 10) throws {
        self.repeats = repeats
        directory = try Scratch.makeDirectory("columns", below: parent)
        process.executableURL = URL(fileURLWithPath: ".venv/bin/python")
        process.arguments = [
            "Benchmarks/Delta/peer.py", "../shared/data/nab-telemetry.ndjson.zst", directory,
            "\(repeats)",
        ]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        guard try readLine() == "ready" else { throw failure }
    }

    deinit {
        // The end of its input ends it.
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
        Scratch.remove(directory)
    }

    /// Writes all rows, and says how long that took by the peer's own clock and how large it is.
    func write(_ format: Format, to path: String) throws -> (seconds: Double, byteCount: Double) {
        input.fileHandleForWriting.write(Data("\(format.rawValue) \(path)\n".utf8))
        let answer = try readLine().split(separator: " ").compactMap { Double($0) }
        guard answer.count == 2 else { throw failure }
        return (answer[0], answer[1])
    }

    private func readLine() throws -> String {
        var line = Data()
        while let byte = try output.fileHandleForReading.read(upToCount: 1), !byte.isEmpty {
            if byte == Data("\n".utf8) { return String(decoding: line, as: UTF8.self) }
            line.append(byte)
        }
        throw failure
    }

    private var failure: LimitError { LimitError(operation: "run peer.py", code: -1) }
}
