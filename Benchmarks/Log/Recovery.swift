import Foundation

extension Benchmark {
    /// SIGKILL of a process that appends to a store of 10 GB, then the time from the start of the
    /// next process to its first acknowledgement, beside the same on a store of one full segment.
    static let recoveryLarge = Benchmark("recovery.large") { directory in
        for (name, byteCount) in [("large", 10_000_000_000), ("small", 62 << 20)] {
            let store = try await BenchmarkLog(below: directory, name: name)
            try await fill(store, byteCount: byteCount)
            await store.close(removing: false)
        }
        let source = "\(directory)/lines"
        let line = String(repeating: "x", count: 999) + "\n"
        try Data(String(repeating: line, count: 100_000).utf8).write(
            to: URL(fileURLWithPath: source))
        let sums = try await interleaved(pairs: 8) {
            try killAndRecover("\(directory)/large", source)
        } limit: {
            try killAndRecover("\(directory)/small", source)
        }
        for name in ["large", "small"] { Scratch.remove("\(directory)/\(name)") }
        return [
            Figure(
                name: "recovery.large", value: sums.ours.latency(atQuantile: 0.5), unit: .seconds,
                limit: sums.limit.latency(atQuantile: 0.5))
        ]
    }

    /// The process is killed in the middle of its appends, after half a segment of them.
    private static func killAndRecover(_ store: String, _ source: String) throws -> Measurement {
        let load = try Producer(store, source)
        try load.read(acknowledgements: 30_000)
        load.kill()

        let start = ContinuousClock.now
        let next = try Producer(store, source)
        try next.read(acknowledgements: 1)
        let seconds = start.duration(to: .now).inSeconds
        next.kill()
        return Measurement(amount: 1, seconds: seconds, latencies: [seconds])
    }
}

/// `millrace produce` as a process, which prints a line for each acknowledged event.
private final class Producer {
    private let process = Process()
    private let output = Pipe()

    /// Appends the lines of `source` to a store that has the benchmark's limits.
    init(_ store: String, _ source: String) throws {
        let here = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        process.executableURL = here.appendingPathComponent("millrace")
        process.arguments = [
            "produce", "events", source, "--data", store, "--partition", "0", "--acknowledge",
            "--segment-size", "64MiB", "--budget", "40GiB", "--batch-size", "64",
        ]
        process.standardOutput = output
        try process.run()
    }

    func read(acknowledgements count: Int) throws {
        var lineCount = 0
        while lineCount < count {
            let some = output.fileHandleForReading.availableData
            guard !some.isEmpty else { throw LimitError(operation: "run millrace", code: -1) }
            lineCount += some.count { $0 == UInt8(ascii: "\n") }
        }
    }

    func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
