import Columns
import Foundation
import Testing

@testable import DeltaTable

@Suite("DeltaTable: checkpoints")
struct CheckpointTests {
    let world = TableWorld()

    private func table(commits: Int) async throws -> Table<LocalStorage> {
        var table = try await world.create()
        for index in 0..<commits {
            let id = Int64(index)
            let mark = TransactionMark(application: "app-\(index % 3)", version: id)
            _ = try await table.commit(
                try await world.append(id..<id + 1, to: table, transactions: [mark]))
        }
        return table
    }

    private func remove(_ names: [String]) throws {
        for name in names { try FileManager.default.removeItem(atPath: world.root + "/" + name) }
    }

    @Test
    func `a checkpoint holds the whole state and every file`() async throws {
        var table = try await table(commits: 10)
        let files = try await table.files()

        try await table.checkpoint()
        try remove((0..<10).map { LogPath.commit($0) })

        let reopened = try await world.open()
        #expect(reopened.state == table.state)
        #expect(try await reopened.files() == files)
    }

    @Test
    func `commits behind a checkpoint are added to it`() async throws {
        var table = try await table(commits: 3)
        try await table.checkpoint()
        _ = try await table.commit(try await world.append(9..<12, to: table))
        try remove((0..<3).map { LogPath.commit($0) })

        let reopened = try await world.open()

        #expect(reopened.version == 4)
        #expect(try await reopened.files().count == 4)
    }

    @Test
    func `a removed file stays removed through a checkpoint`() async throws {
        var table = try await table(commits: 2)
        let files = try await table.files()
        try world.writeCommit(
            3,
            [
                #"{"remove":{"path":"\#(files[0].path)","dataChange":true,"deletionTimestamp":1795400000000,"extendedFileMetadata":true,"partitionValues":{},"size":\#(files[0].byteCount)}}"#
            ])
        try await table.refresh()
        try await table.checkpoint()
        try remove((0..<3).map { LogPath.commit($0) })

        let found = try await LogReader(storage: world.storage).files(at: 3)

        #expect(found.live.values.map(\.path) == [files[1].path])
        #expect(found.removed.values.map(\.path) == [files[0].path])
    }

    @Test
    func `a checkpoint is due by its distance from the newest one`() async throws {
        var table = try await world.create(
            TableDefinition(
                schema: TableWorld.schema, properties: ["delta.checkpointInterval": "3"]))
        #expect(!table.isCheckpointDue)
        for id in 0..<2 as Range<Int64> {
            _ = try await table.commit(try await world.append(id..<id + 1, to: table))
        }
        #expect(table.isCheckpointDue)

        try await table.checkpoint()

        #expect(!table.isCheckpointDue)
        #expect(try await world.open().checkpointVersion == 2)
    }

    @Test(arguments: ["", "{", "{\"version\":99,\"size\":1}", "null", "{\"version\":-1}"])
    func `a hint that is torn, stale or lying changes nothing`(hint: String) async throws {
        var table = try await table(commits: 3)
        try await table.checkpoint()
        try hint.write(
            toFile: world.root + "/_delta_log/_last_checkpoint", atomically: true, encoding: .utf8)

        #expect(try await world.open().state == table.state)
    }

    @Test(arguments: [0, 3, 100, 1000])
    func `a torn checkpoint is passed over while the commits are there`(byteCount: Int) async throws
    {
        var table = try await table(commits: 3)
        try await table.checkpoint()
        let path = world.root + "/" + LogPath.checkpoint(3)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        try bytes.prefix(byteCount).write(to: URL(fileURLWithPath: path))

        #expect(try await world.open().state == table.state)
        try remove([LogPath.commit(0)])
        await #expect(throws: TableError.damaged(.unreadableCheckpoint(version: 3))) {
            try await world.open()
        }
    }

    @Test
    func `a copy of an older checkpoint is passed over, and named`() async throws {
        var table = try await table(commits: 2)
        try await table.checkpoint()
        _ = try await table.commit(try await world.append(2..<3, to: table))
        try await table.checkpoint()
        try world.copy(LogPath.checkpoint(2), over: LogPath.checkpoint(3))

        #expect(try await world.open().state == table.state)
        #expect(try await world.ids() == [0, 1, 2])
        let report = try await TableVerifier(world.storage).run()
        #expect(report.damage.map(\.path) == [LogPath.checkpoint(3)])
    }

    @Test
    func `the parts of a checkpoint count only together`() {
        let name = { (part: Int) in
            "00000000000000000005.checkpoint.000000000\(part).0000000003.parquet"
        }

        #expect(CheckpointFiles.all(in: [name(1), name(2)]).isEmpty)
        let whole = CheckpointFiles.all(in: [name(3), name(1), name(2)])
        #expect(whole == [CheckpointFiles(version: 5, names: [name(1), name(2), name(3)])])
    }

    @Test
    func `a checkpoint stands in for its own commit, and the log goes on behind it`()
        async throws
    {
        var table = try await table(commits: 3)
        try await table.checkpoint()
        try remove((0...3).map { LogPath.commit($0) })

        var reopened = try await world.open()
        _ = try await reopened.commit(try await world.append(9..<10, to: reopened))

        #expect(reopened.version == 4)
        #expect(try await world.ids() == [0, 1, 2, 9])
    }

    @Test
    func `what else lies in a log disturbs nobody`() async throws {
        let table = try await table(commits: 3)
        let names = [
            "00000000000000000000.00000000000000000002.compacted.json", ".tmp", "x.json",
            "00000000000000000002.crc", ".00000000000000000001.json.crc", "9.json",
            "00000000000000000009.checkpoint.0000000001.0000000002.parquet",
        ]
        for name in names {
            let path = world.root + "/_delta_log/" + name
            try Data("{".utf8).write(to: URL(fileURLWithPath: path))
        }

        #expect(try await world.open().state == table.state)
        #expect(try await world.ids() == [0, 1, 2])
    }

    @Test
    func `of two cursors of one application the later commit's counts`() async throws {
        let table = try await table(commits: 1)
        try world.writeCommit(2, [#"{"txn":{"appId":"app-0","version":9}}"#])
        try world.writeCommit(3, [#"{"txn":{"appId":"app-0","version":4}}"#])

        #expect(table.transaction(of: "app-0") == 0)
        #expect(try await world.open().transaction(of: "app-0") == 4)
    }

    @Test
    func `a table whose checkpoints hold more than ours gets none from us`() async throws {
        var table = try await world.create(
            TableDefinition(
                schema: TableWorld.schema,
                properties: ["delta.checkpoint.writeStatsAsJson": "false"]))

        await #expect(throws: TableError.self) { try await table.checkpoint() }

        #expect(!table.isCheckpointDue)
    }
}
