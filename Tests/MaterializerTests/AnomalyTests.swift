import Columns
import DeltaTable
import Foundation
import JSONFlattening
import StreamLog
import StreamModel
import TestKit
import Testing

@testable import Materializer

/// What others did to a table, and what each of the operator's words makes of it.
@Suite("Materializer: anomalies and choices", .proves(.landsOnce))
struct AnomalyTests {
    let world: TableWorld

    init() throws { world = try TableWorld() }

    /// Six events in three commits; the table's versions are 0 to 3.
    private func fill() async throws -> PartitionID {
        let partition = try await world.partitions()[0]
        for round in 0..<3 {
            try await world.append(
                (0..<2).map { #"{"n":\#(round * 2 + $0)}"# }, to: partition)
            _ = try await world.runner().flush(byteCount: 1 << 20)
        }
        return partition
    }

    /// Pauses, and is still paused at a new start; then the word is given and more events come.
    private func resolve(
        _ choice: Choice, _ partition: PartitionID, at name: String
    ) async throws -> [Int] {
        try await world.append([#"{"n":6}"#], to: partition)
        for _ in 0..<2 {
            let paused = try world.runner()
            _ = await paused.flush(byteCount: 1 << 20)
            #expect(paused.statistics().state.cause == name)
            #expect(paused.statistics().state.name == "paused")
        }
        let runner = try world.runner()
        let result = try await runner.carryOut(.init(.resolve(choice)))
        _ = await runner.flush(byteCount: 1 << 20)
        #expect(result?.isDone == true)
        #expect(runner.statistics().state == .following)
        let offsets = try await world.offsets()
        await world.close()
        return offsets
    }

    private static let all = Array(0..<7)

    @Test(arguments: [(Choice.rebuild, all), (.continue, [6]), (.accept, all)])
    func `a table that was recreated`(choice: Choice, expected: [Int]) async throws {
        let partition = try await fill()
        let schema = try await world.table().schema
        try FileManager.default.removeItem(atPath: world.root)
        _ = try await Table.create(
            in: LocalStorage(world.root), TableDefinition(schema: schema),
            Surroundings(now: { 1 }, random: { 9 }))

        #expect(try await resolve(choice, partition, at: "recreated") == expected)
    }

    /// Set back by two commits, cursors included, as a restored backup of its directory is.
    @Test(arguments: [(Choice.rebuild, all), (.continue, [0, 1, 6]), (.accept, all)])
    func `a table that was restored`(choice: Choice, expected: [Int]) async throws {
        let partition = try await fill()
        for version in 2...3 {
            try FileManager.default.removeItem(
                atPath: world.root + "/_delta_log/0000000000000000000\(version).json")
        }

        #expect(try await resolve(choice, partition, at: "restored") == expected)
    }

    /// What the file in whose place it is had added looks like what a crash has left.
    @Test(arguments: [".json", ".checkpoint.parquet"])
    func `a copy in the place of another file of the log costs no rows`(
        kind: String
    ) async throws {
        let partition = try await world.partitions()[0]
        for round in 0..<3 {
            try await world.append([#"{"n":\#(round)}"#], to: partition)
            _ = try await world.runner().flush(byteCount: 1 << 20)
            guard kind != ".json", round < 2 else { continue }
            var table = try await world.table()
            try await table.checkpoint()
        }
        let urls = (1...2).map {
            let name = "0000000000000000000\($0)" + kind
            return URL(fileURLWithPath: world.root + "/_delta_log/" + name)
        }
        let whole = try Data(contentsOf: urls[1])
        try Data(contentsOf: urls[0]).write(to: urls[1])

        try await world.append([#"{"n":3}"#], to: partition)
        _ = try await world.runner().flush(byteCount: 1 << 20)
        try whole.write(to: urls[1])
        _ = try await world.runner().flush(byteCount: 1 << 20)

        #expect(try await world.offsets() == [0, 1, 2, 3])
        await world.close()
    }

    @Test(arguments: [(Choice.rebuild, all), (.continue, [6]), (.accept, [6])])
    func `a table whose rows were all replaced`(choice: Choice, expected: [Int]) async throws {
        let partition = try await fill()
        var table = try await world.table()
        _ = try await table.commit(
            Edit(
                .replace, removed: .everything, basis: table.version,
                definition: TableDefinition(schema: table.schema)))

        #expect(try await resolve(choice, partition, at: "overwritten") == expected)
    }

    /// Somebody has put his commit over our newest one.
    @Test(arguments: Choice.allCases)
    func `a table that has lost a commit to another gets it again, whatever is said`(
        choice: Choice
    ) async throws {
        let partition = try await fill()
        try FileManager.default.removeItem(
            atPath: world.root + "/_delta_log/00000000000000000003.json")
        var table = try await world.table()
        let mark = TransactionMark(application: "another", version: 1)
        _ = try await table.commit(
            Append(files: [], transactions: [mark], schema: table.schema))
        _ = try await table.commit(
            Append(
                files: [], transactions: [.init(application: "another", version: 2)],
                schema: table.schema))

        // The log's plan says what was in it, so nothing is asked of the operator.
        let runner = try world.runner()
        _ = await runner.flush(byteCount: 1 << 20)
        #expect(runner.statistics().state == .following)
        #expect(try await world.offsets() == Array(0..<6))
        let result = try await runner.carryOut(.init(.resolve(choice)))
        #expect(result?.isDone == true)
        try await world.append([#"{"n":6}"#], to: partition)
        _ = await runner.flush(byteCount: 1 << 20)
        #expect(try await world.offsets() == Self.all)
        await world.close()
    }

    @Test(arguments: [Choice.rebuild, .accept])
    func `a table with files that were removed twice has rows twice until it is made anew`(
        choice: Choice
    ) async throws {
        let partition = try await fill()
        var table = try await world.table()
        let files = try await table.files()
        // Two compactions of the same files, of which the second did not look at the first.
        var stale = table
        let rest = try await table.rewritten(files[0]) { keepAll($0) }
        let other = try await stale.rewritten(files[0]) { keepAll($0) }
        let (first, second) = (try #require(rest), try #require(other))
        _ = try await table.commit(
            Edit(
                .optimize, removed: .files([files[0]]), basis: table.version, added: [first]))
        try commit(removing: files[0], adding: second, as: table.version + 1)
        _ = try await stale.refresh()

        let offsets = try await resolve(choice, partition, at: "overwritten")
        let isTwice = offsets.count > Self.all.count
        #expect(isTwice == (choice == .accept))
        if choice == .rebuild { #expect(offsets == Self.all) }
    }

    @Test(arguments: [Choice.rebuild, .continue])
    func `a log that is behind the table`(choice: Choice) async throws {
        let partition = try await fill()
        var table = try await world.table()
        let cursor = PipelineIdentity(
            store: try world.log().storeID, incarnation: partition.incarnation,
            pipeline: "telemetry"
        ).cursor(1, 0)
        _ = try await table.commit(
            Append(
                files: [], transactions: [.init(application: cursor.text, version: 900)],
                schema: table.schema))

        #expect(try await resolve(choice, partition, at: "log-behind-table") == Self.all)
    }

    private func keepAll(_ batch: ColumnBatch) -> Bits {
        var bits = Bits()
        for _ in 0..<batch.rowCount { bits.append(true) }
        return bits
    }

    /// A commit as an engine writes it that checks nothing.
    private func commit(removing old: AddFile, adding new: AddFile, as version: Int64) throws {
        let text = """
            {"commitInfo":{"operation":"OPTIMIZE"}}
            {"remove":{"path":"\(old.path)","deletionTimestamp":1,"dataChange":false}}
            {"add":{"path":"\(new.path)","partitionValues":{},"size":\(new.byteCount),\
            "modificationTime":1,"dataChange":false}}

            """
        let name = String(repeating: "0", count: 20 - "\(version)".count) + "\(version).json"
        try Data(text.utf8).write(
            to: URL(fileURLWithPath: world.root + "/_delta_log/" + name))
    }
}

/// Trouble that stops a table and not the log.
@Suite("Materializer: tables in trouble", .proves(.landsOnce))
struct TroubleTests {
    let world: TableWorld

    init() throws { world = try TableWorld() }

    private func fill() async throws -> PartitionID {
        let partition = try await world.partitions()[0]
        try await world.append([#"{"n":0}"#], to: partition)
        _ = try await world.runner().flush(byteCount: 1 << 20)
        return partition
    }

    /// The pipeline is in trouble of that name, the log takes events, and then it goes on.
    private func check(
        _ cause: String, _ partition: PartitionID, mend: () throws -> Void
    ) async throws {
        let runner = try world.runner()
        for _ in 0..<3 {
            try await world.append([#"{"n":1}"#], to: partition)
            let outcome = await runner.flush(byteCount: 1 << 20)
            #expect(runner.statistics().state.name == "retrying")
            #expect(runner.statistics().state.cause == cause)
            #expect(outcome.holdUntil != nil)
            world.clock.advance(60_000)
        }
        try mend()
        _ = await runner.flush(byteCount: 1 << 20)
        #expect(runner.statistics().state == .following)
        #expect(try await world.offsets() == [0, 1, 2, 3])
        await world.close()
    }

    @Test
    func `a table whose newest commit was cut is damaged, until it is mended`() async throws {
        let partition = try await fill()
        let path = world.root + "/_delta_log/00000000000000000001.json"
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: path))

        try await check("damaged", partition) { try whole.write(to: URL(fileURLWithPath: path)) }
    }

    @Test
    func `a table with a feature that an append would break is refused, until it has it no more`()
        async throws
    {
        let partition = try await fill()
        let path = world.root + "/_delta_log/00000000000000000002.json"
        let text = """
            {"commitInfo":{"operation":"SET TBLPROPERTIES"}}
            {"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":[],\
            "writerFeatures":["icebergCompatV2"]}}

            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))

        try await check("refused", partition) { try FileManager.default.removeItem(atPath: path) }
    }
}
