import ArgumentParser
import DeltaTable
import Foundation
import JSONFlattening
import Materializer
import StreamLog
import StreamModel

/// Appends and materializes while calls fail, and says what became of every batch and of the
/// pipeline: `acknowledged PARTITION OFFSET COUNT FIRST`, `refused FIRST ERROR` (its events are not
/// in the log) or `unknown FIRST ERROR`; `pipeline STATE` at each change of state, `replayed`, and
/// at last `done`.
///
/// The event of number `n` says so in its body. On the way a column comes, arrays are exploded,
/// files are compacted, the log rolls, and all of it is replayed into another table.
struct Faulty: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Appends and materializes while calls fail, and writes a journal.")

    @OptionGroup var place: Place
    @Option var root: String
    @Option var mapping: String
    @Option(help: "How often a batch is appended to each partition.") var stages = 6
    @Option(help: "Events to a batch.") var batch = 8
    @Option(help: "Characters of text in each event.") var text = 5_000
    @Option(help: "A file that is removed when the volume is full.") var filler: String?
    @Option(help: "Milliseconds within which a pipeline has to heal.") var patience = 20_000
    @Option(help: "Bytes that the tables may take; nobody waits for room.") var budget: Int64?

    func run() async throws {
        let log: StreamLog
        do {
            log = try StreamLog(
                opening: place.store, configuration, random: SystemRandomNumberGenerator())
        } catch { return say("closed \(error)") }
        if let ids = try? await place.partitions(of: log, 2) {
            let materializer = Materializer(log, limits) { UInt64.random(in: 0 ... .max) }
            materializer.add(try definition())
            let run = Task { await materializer.run() }
            var watch = Watch(materializer, filler: filler, patience: patience)
            for stage in 0..<stages {
                for id in ids { await append(stage, to: log, id, &watch) }
                watch.settle()
            }
            watch.settle()
            try await replay(log)
            materializer.stop()
            await run.value
        }
        await log.close()
        say("done")
    }

    private var configuration: LogConfiguration {
        var configuration = LogConfiguration()
        configuration.segmentByteCount = 256 << 10
        configuration.budget = 64 << 20
        configuration.budgetPolicy = .reject
        return configuration
    }

    private var limits: MachineLimits {
        var limits = MachineLimits()
        limits.taskCount = 1
        limits.commitsPerSecond = 1000
        limits.tableByteCountMax = budget
        limits.atTableBudget = .wait
        return limits
    }

    private func definition(_ name: String = "pipeline") throws -> PipelineDefinition {
        var care = TableCare()
        care.commitsBetweenCompactions = 3
        let text = [UInt8](try Data(contentsOf: URL(fileURLWithPath: mapping)))
        return PipelineDefinition(
            name: try FeedName(name), stream: try StreamName(place.stream),
            mapping: try Mapping(parsing: text),
            root: name == "pipeline" ? root : root + "-" + name,
            flush: FlushLimits(freshness: 0), care: care)
    }

    // MARK: Events

    private func append(
        _ stage: Int, to log: StreamLog, _ id: PartitionID, _ watch: inout Watch
    ) async {
        let first = stage * 1000 + Int(id.index) * 100
        let records = (first..<first + batch).map { number in
            Record(value: Array(body(number, stage).utf8), timestamp: Timestamp(milliseconds: 0))
        }
        do {
            let base = try await log.append(records, to: id)
            say("acknowledged \(id.index) \(base) \(batch) \(first)")
        } catch .storage(let fault) {
            say("unknown \(first) \(fault)")
        } catch {
            say("refused \(first) \(error)")
            if case .full(.disk) = error { watch.makeSpace() }
        }
    }

    /// Every 17th event cannot land; from the third stage on there is a further field.
    private func body(_ number: Int, _ stage: Int) -> String {
        if number % 17 == 0 { return #"{"n":\#(number),"#  }
        let late = stage < 3 ? "" : #","late":\#(number * 2)"#
        let letters = (0..<text).map { _ in Self.letters[Int.random(in: 0..<64)] }
        return #"{"n":\#(number),"tags":["a\#(number)","b"],"#
            + #""text":"\#(String(decoding: letters, as: UTF8.self))"\#(late)}"#
    }

    private static let letters = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    // MARK: Replay

    /// All of the log into another table, begun again when it fails.
    private func replay(_ log: StreamLog) async throws {
        let stream = try log.stream(named: try StreamName(place.stream))
        for _ in 0..<10 {
            do {
                let bounds = try (0..<stream.partitionCount).map { index in
                    let id = PartitionID(stream.incarnation, UInt32(index))
                    return try log.bounds(of: id).upperBound
                }
                let definition = try definition("replay")
                let source = try ReplayStore(
                    definition.root, store: log.storeID, stream: stream,
                    bounds: bounds.map { 0..<$0 }
                ) { id, offset, byteCount throws(ReadError) in
                    try log.read(id, from: Offset(offset) ?? .start, byteCount: byteCount)
                }
                let replay = Replay(definition, source, limits) { UInt64.random(in: 0 ... .max) }
                _ = try await replay.run { _, _ in }
                return say("replayed")
            } catch { say("replay \(error)") }
        }
    }
}

/// Follows the state of a pipeline.
private struct Watch {
    private let materializer: Materializer
    private var filler: String?
    private let patience: Int
    private var said = ""

    init(_ materializer: Materializer, filler: String?, patience: Int) {
        self.materializer = materializer
        self.filler = filler
        self.patience = patience
    }

    /// Until the tables have what the log has, the pipeline is paused, or patience ends.
    mutating func settle() {
        let start = ContinuousClock.now
        while ContinuousClock.now - start < .milliseconds(patience) {
            guard let statistics = materializer.statistics().first else { return }
            let text = "\(statistics.state)"
            if text != said { say("pipeline \(text)") }
            said = text
            switch statistics.state {
            case .following: if statistics.lag == 0 { return }
            case .paused: return
            case .retrying(.tablesFull, _): return
            case .retrying(.diskFull, _): makeSpace()
            case .retrying(.log(.full), _): makeSpace()
            case .waitingForStream, .starting, .working, .retrying, .stopped: break
            }
            _ = poll(nil, 0, 1)
        }
        say("stuck \(said)")
    }

    mutating func makeSpace() {
        guard let path = filler else { return }
        unsafe _ = unlink(path)
        filler = nil
        say("space")
    }
}

/// A line that has left this process on return, because the process may be killed.
private func say(_ line: String) {
    try? FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
}
