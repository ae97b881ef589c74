import Foundation

/// A Python process that converts the same events with another engine when it is told to.
final class MaterializePeer {
    enum Engine: String { case duckdb, spark, nested = "duckdb-nested" }

    private let directory: String
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    /// On return the engine has started, and the input lies in one file.
    init(_ engine: Engine, _ source: String, repeats: Int, below parent: String) throws {
        directory = try Scratch.makeDirectory(engine.rawValue, below: parent)
        process.executableURL = URL(fileURLWithPath: ".venv/bin/python")
        process.arguments = [
            "Benchmarks/Materialize/peer.py", engine.rawValue, source, directory, "\(repeats)",
        ]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        guard try readLine() == "ready" else { throw failure }
    }

    deinit {
        // The end of its input ends it.
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
        Scratch.remove(directory)
    }

    /// Converts everything, and says how long that took by the peer's own clock.
    func convert() throws -> Double { try times()[0] }

    /// Converts everything, and says what that took of the processors, in seconds.
    func convertCountingCPU() throws -> Double { try times()[1] }

    private func times() throws -> [Double] {
        input.fileHandleForWriting.write(Data("go\n".utf8))
        let seconds = try readLine().split(separator: " ").compactMap { Double($0) }
        guard seconds.count == 2 else { throw failure }
        return seconds
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
