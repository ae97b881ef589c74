import Columns
import Foundation
import TestKit
import Testing

@testable import DeltaTable

@Suite("DeltaTable: tables")
struct TableTests {
    let world = TableWorld()

    @Test
    func `a table that was created is opened with its schema`() async throws {
        _ = try await world.create()

        let table = try await world.open()

        #expect(table.version == 0)
        #expect(table.schema == TableWorld.schema)
        #expect(table.state.proto == TableProtocol(readerVersion: 1, writerVersion: 2))
    }

    @Test
    func `a second creation is refused and changes nothing`() async throws {
        let first = try await world.create()

        await #expect(throws: TableError.tableExists) { try await world.create() }
        #expect(try await world.open().state.metadata.id == first.state.metadata.id)
    }

    @Test
    func `where there is no log there is no table`() async throws {
        await #expect(throws: TableError.noTable) { try await world.open() }
    }

    @Test
    func `a creation that was cut off before its commit had a name has made no table`()
        async throws
    {
        _ = try await world.storage.create(
            LogPath.commit(0) + ".17.1.tmp", Array("{".utf8))

        await #expect(throws: TableError.noTable) { try await world.open() }
        #expect(try await world.create().version == 0)
    }

    @Test
    func `an append adds its files and moves its cursor in one version`() async throws {
        var table = try await world.create()
        let append = try await world.append(
            0..<10, to: table, transactions: [TransactionMark(application: "app", version: 10)])

        let outcome = try await table.commit(append)

        #expect(outcome.receipt?.version == 1)
        let reopened = try await world.open()
        #expect(reopened.transaction(of: "app") == 10)
        #expect(try await reopened.files().map(\.path) == append.files.map(\.path))
    }

    @Test
    func `a cursor moves without files`() async throws {
        var table = try await world.create()

        let mark = TransactionMark(application: "app", version: 7)
        let append = Append(files: [], transactions: [mark], schema: table.schema)
        _ = try await table.commit(append)

        #expect(try await world.open().transaction(of: "app") == 7)
    }

    @Test
    func `an append behind another writer's is committed at the next version`() async throws {
        var ours = try await world.create()
        var theirs = try await world.open()
        _ = try await theirs.commit(try await world.append(0..<5, to: theirs))
        _ = try await theirs.commit(try await world.append(5..<9, to: theirs))

        let outcome = try await ours.commit(try await world.append(9..<12, to: ours))

        #expect(outcome.receipt?.version == 3)
        #expect(outcome.receipt?.lostRaceCount == 1)
        #expect(try await ours.files().count == 3)
    }

    @Test
    func `a cursor that a twin has moved refuses the append`() async throws {
        let mark = TransactionMark(application: "app", version: 5)
        var ours = try await world.create()
        var twin = try await world.open()
        _ = try await twin.commit(try await world.append(0..<5, to: twin, transactions: [mark]))

        let outcome = try await ours.commit(
            try await world.append(0..<5, to: ours, transactions: [mark]))

        #expect(outcome == .refused(.transactionMoved(application: "app", version: 5)))
        #expect(try await world.open().version == 1)
    }

    @Test
    func `a new column and the rows that need it come in one version`() async throws {
        var table = try await world.create()
        let field = Field("extra", .double)

        _ = try await table.commit(try await world.append(0..<3, to: table, newFields: [field]))

        #expect(try await world.open().version == 1)
        #expect(try await world.open().schema == Schema(TableWorld.schema.fields + [field]))
    }

    @Test
    func `two writers that add columns at once both get them`() async throws {
        var ours = try await world.create()
        var theirs = try await world.open()
        _ = try await theirs.commit(
            try await world.append(
                0..<3, to: theirs, newFields: [Field("a", .long), Field("c", .long)]))

        _ = try await ours.commit(
            try await world.append(
                3..<6, to: ours, newFields: [Field("b", .string), Field("c", .long)]))

        let names = try await world.open().schema.fields.map(\.name)
        #expect(names == ["id", "name", "a", "c", "b"])
    }

    @Test
    func `one column added with two types refuses the second`() async throws {
        var ours = try await world.create()
        var theirs = try await world.open()
        _ = try await theirs.commit(
            try await world.append(0..<3, to: theirs, newFields: [Field("a", .long)]))

        let outcome = try await ours.commit(
            try await world.append(3..<6, to: ours, newFields: [Field("a", .string)]))

        #expect(outcome == .refused(.columnChanged("a")))
    }

    @Test
    func `a new column that differs from another only in case is refused`() async throws {
        var table = try await world.create()
        let append = try await world.append(0..<3, to: table, newFields: [Field("ID", .long)])

        await #expect(throws: TableError.schema(.sameName("ID"))) { try await table.commit(append) }
        #expect(try await world.open().version == 0)
    }

    @Test
    func `metadata that others wrote beside a column survive our change of the schema`()
        async throws
    {
        try world.writeCommit(
            0,
            [
                #"{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}"#,
                #"{"metaData":{"id":"x","format":{"provider":"parquet","options":{"k":"v"}},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"id\",\"type\":\"long\",\"nullable\":true,\"metadata\":{\"comment\":\"kept\",\"n\":[1,{}]}}]}","partitionColumns":[],"configuration":{"foo":"bar"},"unknown":{"deep":[null]}}}"#,
            ])
        var table = try await world.open()

        _ = try await table.commit(
            try await world.append(0..<1, to: table, newFields: [Field("b", .long)]))

        let log = try String(contentsOfFile: world.commitPath(1), encoding: .utf8)
        #expect(log.contains(#"{\"comment\":\"kept\",\"n\":[1,{}]}"#))
        #expect(log.contains(#""unknown":{"deep":[null]}"#))
        #expect(log.contains(#""options":{"k":"v"}"#))
    }

    @Test
    func `racing writers of one process lose no commit`() async throws {
        _ = try await world.create()

        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for writer in 0..<4 {
                tasks.addTask { [world] in
                    var table = try await world.open()
                    for index in 0..<10 {
                        let mark = TransactionMark(application: "w\(writer)", version: Int64(index))
                        let id = Int64(writer * 10 + index)
                        let append = try await world.append(
                            id..<id + 1, to: table, transactions: [mark])
                        guard case .committed = try await table.commit(append) else {
                            throw CancellationError()
                        }
                    }
                }
            }
            try await tasks.waitForAll()
        }

        let table = try await world.open()
        #expect(table.version == 40)
        #expect(try await table.files().count == 40)
    }

    @Test
    func `a column that others demand and the rows do not have refuses the append`()
        async throws
    {
        var table = try await world.create()
        let schema = Schema(TableWorld.schema.fields + [Field("must", .long, isNullable: false)])
        var metadata = table.state.metadata.json
        metadata.set(
            "schemaString", to: .string(DataType.structure(schema.fields).deltaJSON.encodedText))
        let line = JSON.object([JSON.Member("metaData", metadata)]).encodedText
        try world.writeCommit(1, [line])

        let append = try await world.append(0..<3, to: table)

        #expect(try await table.commit(append) == .refused(.columnChanged("must")))
    }

    @Test
    func `rows may have fewer columns than the table`() async throws {
        var table = try await world.create()
        let schema = Schema([TableWorld.schema.fields[0]])
        var file = try await table.dataFile(schema: schema)
        var builder = BatchBuilder(schema)
        builder[0].append(int64: 7)
        builder.endRow()
        try await file.append(builder.take())

        let append = Append(files: [try await file.finish()], schema: schema)

        #expect(try await table.commit(append).receipt?.version == 1)
        #expect(try await world.ids() == [7])
    }

    // MARK: A writer that overwrites

    @Test
    func `a commit that a foreign writer replaced is committed again exactly once`() async throws {
        var table = try await world.create()
        let mark = TransactionMark(application: "app", version: 3)
        let lost = try await world.append(0..<3, to: table, transactions: [mark])
        _ = try await table.commit(lost)
        try world.writeCommit(1, [#"{"commitInfo":{"txnId":"spark"}}"#])

        let outcome = try await table.commit(try await world.append(3..<6, to: table))

        #expect(outcome.receipt?.version == 3)
        #expect(outcome.receipt?.overwrittenVersions == [1])
        let files = try await world.open().files().map(\.path)
        #expect(files.count == 2)
        #expect(files.contains(lost.files[0].path))
        #expect(try await world.open().transaction(of: "app") == 3)
        #expect(try await table.repairLastCommit() == nil)
    }

    @Test
    func `a replaced commit whose cursor is there already is not repeated`() async throws {
        var table = try await world.create()
        let mark = TransactionMark(application: "app", version: 3)
        _ = try await table.commit(try await world.append(0..<3, to: table, transactions: [mark]))
        try world.writeCommit(1, [#"{"txn":{"appId":"app","version":3}}"#])

        #expect(try await table.repairLastCommit() == Repair(version: 1, outcome: nil))

        #expect(try await world.open().version == 1)
    }

    // MARK: Damage

    @Test
    func `a gap in the versions is named`() async throws {
        var table = try await world.create()
        for id in 0..<3 as Range<Int64> {
            _ = try await table.commit(try await world.append(id..<id + 1, to: table))
        }
        try FileManager.default.removeItem(atPath: world.commitPath(2))

        await #expect(throws: TableError.damaged(.missingCommit(version: 2))) {
            try await world.open()
        }
    }

    @Test
    func `a commit of ours cut anywhere is damage, and never a shorter commit`() async throws {
        var table = try await world.create()
        _ = try await table.commit(try await world.append(0..<3, to: table))
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: world.commitPath(1))))

        for count in 0..<bytes.count {
            do {
                let actions = try CommitFile.decode(Array(bytes.prefix(count)), version: 1)
                #expect(count == 0 && actions.isEmpty)
            } catch .damaged(.unreadable(version: 1, line: 1)) {
                #expect(!bytes.prefix(count).contains(0x0A))
            } catch {
                #expect(error == .damaged(.changed(version: 1)))
            }
        }
    }

    @Test(.proves(.damageIsNamed))
    func `a changed byte of a commit of ours is named before it is believed`() async throws {
        var table = try await world.create()
        _ = try await table.commit(try await world.append(0..<3, to: table))
        let path = world.commitPath(1)
        let whole = try String(contentsOfFile: path, encoding: .utf8)
        let hurt = whole.replacingOccurrences(of: "\"numRecords\\\":3", with: "\"numRecords\\\":2")
        try #require(hurt != whole)
        try Data(hurt.utf8).write(to: URL(fileURLWithPath: path))

        await #expect(throws: TableError.damaged(.changed(version: 1))) { try await world.open() }
    }

    @Test(.proves(.damageIsNamed), arguments: [(0, 2), (1, 2), (2, 1), (2, 4)])
    func `a commit of ours at another version is named`(from: Int64, to: Int64) async throws {
        var table = try await world.create()
        for id in 0..<3 as Range<Int64> {
            _ = try await table.commit(try await world.append(id..<id + 1, to: table))
        }
        try world.copy(LogPath.commit(from), over: LogPath.commit(to))

        let damage = TableError.damaged(.misplaced(version: to, of: from))
        await #expect(throws: damage) { try await world.open() }
        let report = try await TableVerifier(world.storage).run()
        #expect(report.damage.first?.path == LogPath.commit(to))
    }

    @Test(arguments: ["", "\n", " \r\n\n"])
    func `a commit without an action is damage`(text: String) async throws {
        _ = try await world.create()
        try Data(text.utf8).write(to: URL(fileURLWithPath: world.commitPath(1)))

        await #expect(throws: TableError.damaged(.unreadable(version: 1, line: 1))) {
            try await world.open()
        }
    }

    @Test
    func `unknown actions and members are passed over`() async throws {
        var table = try await world.create()
        _ = try await table.commit(try await world.append(0..<3, to: table))
        try world.writeCommit(
            2,
            [
                #"{"future":{"a":[1,2,{"b":null}]}}"#, "",
                #"{"txn":{"appId":"x","version":9,"new":1}}"#,
            ])

        #expect(try await world.open().transaction(of: "x") == 9)
    }
}
