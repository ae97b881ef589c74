import Columns
import DeltaTable
import Foundation
import JSONFlattening
import Parquet
import StreamLog
import StreamModel
import Synchronization
import TestKit

@testable import Materializer

/// A store and its tables in a temporary directory, with a clock that a test turns.
final class TableWorld: Sendable {
    let directory: TemporaryDirectory
    let clock = TurnedClock()
    private let open = Mutex<StreamLog?>(nil)
    private let retentionAge = Mutex<Int64?>(nil)

    init() throws { directory = try TemporaryDirectory() }

    static let stream = "telemetry"

    /// The log, opened when it is not open.
    func log() throws -> StreamLog {
        if let known = open.withLock({ $0 }) { return known }
        var configuration = LogConfiguration()
        configuration.segmentByteCount = 4 << 20
        configuration.budget = 256 << 20
        configuration.retentionAge = retentionAge.withLock { $0 }
        let log = try StreamLog(
            opening: directory.path + "/store", configuration, clock: clock,
            random: SeededGenerator(seed: 1))
        open.withLock { $0 = log }
        return log
    }

    func close() async {
        let log = open.withLock { open in
            defer { open = nil }
            return open
        }
        await log?.close()
    }

    /// After so many milliseconds the log forgets, from its next opening on.
    func forget(after age: Int64) { retentionAge.withLock { $0 = age } }

    /// The stream's partitions; made when there is none.
    func partitions(_ count: Int = 1) async throws -> [PartitionID] {
        let log = try log()
        let name = try StreamName(Self.stream)
        let known = try? log.stream(named: name)
        let made = known == nil ? try await log.createStream(name, partitionCount: count) : nil
        let definition = try known ?? made ?? log.stream(named: name)
        return (0..<definition.partitionCount).map {
            PartitionID(definition.incarnation, UInt32($0))
        }
    }

    func append(_ bodies: [String], to id: PartitionID) async throws {
        let records = bodies.map {
            Record(value: Array($0.utf8), timestamp: Timestamp(milliseconds: 0))
        }
        _ = try await log().append(records, to: id)
    }

    var root: String { directory.path + "/tables/telemetry" }

    func definition(_ mapping: String = "{}") throws -> PipelineDefinition {
        PipelineDefinition(
            name: try FeedName("telemetry"), stream: try StreamName(Self.stream),
            mapping: try Mapping(parsing: Array(mapping.utf8)), root: root)
    }

    /// A runner over the log as it is; nothing of an earlier one is in it but what is on the disk.
    func runner(
        _ mapping: String = "{}", over store: (any PipelineStore)? = nil,
        limits: MachineLimits = MachineLimits(), keeping retentionAge: Int64? = nil
    ) throws -> PipelineRunner {
        let random = Draws()
        let clock = clock
        var definition = try definition(mapping)
        definition.care.retentionAge = retentionAge
        return PipelineRunner(
            definition, try store ?? LogStore(log: log()), limits, clock: clock,
            Surroundings(now: { clock.read().wall }, random: { random.next() }),
            random: { random.next() })
    }

    /// The table as it is now, for whoever changes it beside the pipeline.
    func table(_ name: String = "") async throws -> Table<LocalStorage> {
        let random = Draws()
        return try await Table.open(
            in: LocalStorage(name.isEmpty ? root : root + "_" + name),
            Surroundings(now: { 1_795_000_000_000 }, random: { random.next() }))
    }

    /// Everything in the table: a row is its values by column, as text.
    func rows(of name: String = "") async throws -> [[String: String]] {
        try await rows(at: name.isEmpty ? root : root + "_" + name)
    }

    /// Everything in the table of a directory.
    func rows(at path: String) async throws -> [[String: String]] {
        let snapshot = try await TableSnapshot(newestIn: LocalStorage(path))
        var rows: [[String: String]] = []
        var reader = snapshot.rows(in: LocalStorage(path))
        while let batch = try await reader.next() {
            var cursors = batch.columns.map { ColumnCursor($0) }
            for _ in 0..<batch.rowCount {
                var row: [String: String] = [:]
                for (index, field) in batch.schema.fields.enumerated() {
                    let value = cursors[index].next()
                    if value != .null { row[field.name] = Self.text(value) }
                }
                rows.append(row)
            }
        }
        return rows.sorted {
            (Int($0["_partition"] ?? "") ?? 0, Int($0["_offset"] ?? "") ?? 0)
                < (Int($1["_partition"] ?? "") ?? 0, Int($1["_offset"] ?? "") ?? 0)
        }
    }

    func offsets(of name: String = "") async throws -> [Int] {
        try await rows(of: name).compactMap { Int($0["_offset"] ?? "") }
    }

    private static func text(_ value: ColumnValue) -> String {
        switch value {
        case .integer(let integer): "\(integer)"
        case .double(let double): "\(double)"
        case .boolean(let boolean): "\(boolean)"
        default: value.text ?? "\(value)"
        }
    }
}

extension PipelineRunner {
    nonisolated func statistics() -> PipelineStatistics { board.withLock { $0 } }

    /// Gives the order and flushes until it has ended; nil when it does not in many flushes.
    func carryOut(_ order: PipelineOrder, byteCount: Int = 1 << 20) async throws -> OrderResult? {
        _ = try take(order)
        for _ in 0..<1000 {
            _ = await flush(byteCount: byteCount)
            if let result = statistics().order?.result { return result }
        }
        return nil
    }
}

extension OrderResult {
    var isDone: Bool { tally != nil }

    var tally: OrderTally? {
        guard case .done(let tally) = self else { return nil }
        return tally
    }

    var failure: Interruption? {
        guard case .failed(let interruption) = self else { return nil }
        return interruption
    }
}

/// Numbers nobody can guess, unless he knows the seed; each world's differ from the others'.
final class Draws: Sendable {
    private static let worlds = Atomic<UInt64>(0)
    private let generator: Mutex<SeededGenerator>

    init() {
        let seed = Self.worlds.wrappingAdd(1, ordering: .relaxed).newValue
        generator = Mutex(SeededGenerator(seed: seed))
    }

    func next() -> UInt64 { generator.withLock { $0.next() } }
}

/// A clock that stands still until a test turns it.
final class TurnedClock: LogClock {
    private let time = Mutex(
        SystemTime(wall: 1_795_000_000_000, boot: 1_000_000, bootID: 7, isWallTrusted: true))

    func read() -> SystemTime { time.withLock { $0 } }

    func advance(_ milliseconds: Int64) {
        time.withLock { time in
            time.wall += milliseconds
            time.boot += milliseconds
        }
    }
}
