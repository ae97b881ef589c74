import Foundation
import JSONFlattening
import Materializer
import StreamLog
import StreamModel
import Synchronization

/// A log of known events, and tables made from it as often as wanted.
final class MaterializedLog {
    let eventCount: Int
    /// Of the bodies, in bytes.
    let byteCount: Int
    private let log: StreamLog
    private let directory: String
    private var round = 0

    static let telemetry = "../shared/data/nab-telemetry.ndjson.zst"
    static let status = "../shared/data/nginx-plus.ndjson.zst"

    /// The plain lines of a packed file, in a file below `directory`.
    static func unpacked(_ packed: String, below directory: String) throws -> String {
        let path = directory + "/" + (packed.split(separator: "/").last ?? "") + ".plain"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["zstd", "-dqf", packed, "-o", path]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw LimitError(operation: "unpack \(packed)", code: process.terminationStatus)
        }
        return path
    }

    /// Appends the lines of `source`, `repeats` times, in batches of 100 to four partitions.
    init(_ source: String, repeats: Int, below directory: String) async throws {
        self.directory = directory
        var configuration = LogConfiguration()
        configuration.budget = 16 << 30
        log = try StreamLog(
            opening: directory + "/store", configuration, random: SystemRandomNumberGenerator())
        let stream = try await log.createStream(StreamName("events"), partitionCount: 4)
        let data = [UInt8](try Data(contentsOf: URL(fileURLWithPath: source)))
        let lines = data.split(separator: UInt8(ascii: "\n"))
        var turn = 0
        for _ in 0..<repeats {
            for start in stride(from: 0, to: lines.count, by: 100) {
                let records = lines[start..<min(start + 100, lines.count)].map {
                    Record(value: Array($0), timestamp: Timestamp(milliseconds: 0))
                }
                let id = PartitionID(stream.incarnation, UInt32(turn % 4))
                _ = try await log.append(records, to: id)
                turn += 1
            }
        }
        eventCount = lines.count * repeats
        byteCount = (data.count - lines.count) * repeats
    }

    /// Materializes the whole log into new tables, and returns the seconds it took.
    func materialize(_ mapping: Mapping = Mapping()) async throws -> Measurement {
        round += 1
        let root = directory + "/tables-\(round)/events"
        defer { Scratch.remove(directory + "/tables-\(round)") }
        let materializer = Materializer(log) { UInt64.random(in: 0 ... .max) }
        materializer.add(
            PipelineDefinition(
                name: try FeedName("round\(round)"), stream: try StreamName("events"),
                mapping: mapping, root: root, flush: FlushLimits(freshness: 0)))
        materializer.stop()
        let start = ContinuousClock.now
        await materializer.run()
        let seconds = start.duration(to: .now).inSeconds
        let done = materializer.statistics()[0]
        guard done.counts.events == Int64(eventCount), done.counts.quarantined == 0 else {
            throw LimitError(
                operation: "materialize: \(done.counts.events) events, \(done.state)", code: -1)
        }
        return Measurement(amount: Double(eventCount), seconds: seconds)
    }

    func close() async { await log.close() }
}
