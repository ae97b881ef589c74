import ArgumentParser
import DeltaTable
import Foundation
import JSONFlattening
import Materializer
import StreamLog
import StreamModel

/// Fills a store and materializes it, for suites that kill it and benchmarks that time it.
@main
struct MaterializerTool: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "MaterializerTool", subcommands: [Fill.self, Follow.self, Faulty.self])
}

/// Where the store and the tables are.
struct Place: ParsableArguments {
    @Option var store: String
    @Option var stream = "telemetry"

    func log() throws -> StreamLog {
        var configuration = LogConfiguration()
        configuration.budget = 8 << 30
        return try StreamLog(
            opening: store, configuration, random: SystemRandomNumberGenerator())
    }

    func partitions(of log: StreamLog, _ count: Int) async throws -> [PartitionID] {
        let name = try StreamName(stream)
        if (try? log.stream(named: name)) == nil {
            _ = try await log.createStream(name, partitionCount: count)
        }
        let definition = try log.stream(named: name)
        return (0..<definition.partitionCount).map {
            PartitionID(definition.incarnation, UInt32($0))
        }
    }
}

/// Appends the lines of a file, in turns to the partitions, and prints the bounds.
struct Fill: AsyncParsableCommand {
    @OptionGroup var place: Place
    @Option var file: String
    @Option var partitions = 4
    @Option(name: .customLong("repeat")) var rounds = 1
    @Option(help: "Events to a batch.") var batch = 500

    func run() async throws {
        let log = try place.log()
        let ids = try await place.partitions(of: log, partitions)
        let data = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
        let lines = data.split(separator: UInt8(ascii: "\n"))
        var turn = 0
        for _ in 0..<rounds {
            var start = 0
            while start < lines.count {
                let end = min(start + batch, lines.count)
                let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
                let records = lines[start..<end].map { Record(value: Array($0), timestamp: now) }
                _ = try await log.append(records, to: ids[turn % ids.count])
                turn += 1
                start = end
            }
        }
        for id in ids { print("\(id.index) \(try log.bounds(of: id).upperBound)") }
        await log.close()
    }
}

/// Materializes what is there; with `--live` appends meanwhile, until standard input ends.
struct Follow: AsyncParsableCommand {
    @OptionGroup var place: Place
    @Option var root: String
    @Option var mapping: String?
    @Option(help: "Milliseconds.") var freshness: Int64 = 200
    @Option(help: "Events a flush waits for at most.") var events: Int64 = 500_000
    @Option(help: "Bytes of rows in memory.") var memory = 96 << 20
    @Option var tasks = 2
    @Option var compactAfter: Int64 = 120
    @Option(help: "Append in batches of a hundredth of this, as fast as they are durable.")
    var live = 0
    @Option(help: "Stop appending after so many events.") var until = Int.max

    func run() async throws {
        let log = try place.log()
        let ids = try await place.partitions(of: log, 4)
        let begun = ContinuousClock.now
        var limits = MachineLimits()
        limits.taskCount = tasks
        limits.commitsPerSecond = 1000
        let materializer = Materializer(log, limits) { UInt64.random(in: 0 ... .max) }
        materializer.add(try definition())
        if live == 0 { materializer.stop() }
        let run = Task { await materializer.run() }
        if live > 0 {
            try await append(to: log, ids)
            materializer.stop()
        }
        await run.value
        let seconds = (ContinuousClock.now - begun) / .seconds(1)
        for statistics in materializer.statistics() {
            print(
                "\(statistics.name) \(statistics.state) events \(statistics.counts.events) "
                    + "rows \(statistics.rowCount) commits \(statistics.commitCount) "
                    + "bytes \(statistics.fileByteCount) lag \(statistics.lag) "
                    + "seconds \(seconds)")
            for notice in statistics.notices { print("notice: \(notice)") }
        }
        await log.close()
    }

    private func definition() throws -> PipelineDefinition {
        let text = try mapping.map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
        var care = TableCare()
        care.commitsBetweenCompactions = compactAfter
        return PipelineDefinition(
            name: try FeedName("pipeline"), stream: try StreamName(place.stream),
            mapping: try Mapping(parsing: text.map { [UInt8]($0) } ?? Array("{}".utf8)),
            root: root,
            flush: FlushLimits(freshness: freshness, eventCount: events, byteCount: memory),
            care: care)
    }

    /// Prints `partition offset` of each acknowledged batch's end, so that a suite knows what must
    /// be in the table after a kill.
    private func append(to log: StreamLog, _ ids: [PartitionID]) async throws {
        var sent = 0
        while sent < until {
            for id in ids {
                let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
                let records = (0..<max(1, live / 100)).map { index in
                    let number = sent + index
                    // Now and then one that cannot land, and one with a field of its own.
                    let body =
                        number % 997 == 0
                        ? "{" : #"{"n":\#(number),"tags":["a\#(number % 7)","b"]}"#
                    return Record(value: Array(body.utf8), timestamp: now)
                }
                let base = try await log.append(records, to: id)
                sent += records.count
                print("acknowledged \(id.index) \(base.rawValue + Int64(records.count))")
            }
            fflush(nil)
        }
    }
}
