import Columns
import Foundation
import Testing

@testable import DeltaTable

@Suite("DeltaTable: edits")
struct EditTests {
    let world = TableWorld()

    @Test
    func `rows that are rewritten away are gone, and the others stay`() async throws {
        var table = try await world.tableOfThree()
        let file = try await table.files()[1]
        let old = try #require(file.bounds(of: "id"))

        let fewer = try await table.rewritten(file) { rows(of: $0) { $0 % 2 == 0 } }
        let edit = Edit(
            .delete, removed: .files([file]), basis: table.version,
            added: [fewer].compactMap { $0 },
            transactions: [TransactionMark(application: "redrive", version: 1)])
        let outcome = try await table.commit(edit)

        #expect(outcome.receipt?.version == 4)
        #expect(try await world.ids() == (0..<30).filter { !old.contains($0) || $0 % 2 == 0 })
        #expect(try await world.open().transaction(of: "redrive") == 1)
    }

    @Test
    func `rewriting a file without any of its rows makes no file`() async throws {
        let table = try await world.tableOfThree()
        let before = try world.dataFiles()

        let file = try await table.rewritten(table.files()[0]) { rows(of: $0) { _ in false } }

        #expect(file == nil)
        #expect(try world.dataFiles() == before)
    }

    @Test
    func `a replacement takes every file away and changes the schema in one version`()
        async throws
    {
        var table = try await world.tableOfThree()
        let id = table.state.metadata.id
        let definition = TableDefinition(
            schema: Schema([Field("id", .long), Field("other", .string)]))
        var file = try await table.dataFile(for: definition, name: "staged-0.parquet")
        var builder = BatchBuilder(definition.schema)
        builder[0].append(int64: 99)
        builder.endRow()
        try await file.append(builder.take())
        let added = try await file.finish()

        let outcome = try await table.commit(
            Edit(
                .replace, removed: .everything, basis: table.version, added: [added],
                transactions: [TransactionMark(application: "app#2", version: 7)],
                definition: definition))

        #expect(outcome.receipt?.version == 4)
        #expect(try await world.ids() == [99])
        let reopened = try await world.open()
        #expect(reopened.schema == definition.schema)
        #expect(reopened.state.metadata.id == id)
        #expect(reopened.transaction(of: "app#2") == 7)
        #expect(added.path == "staged-0.parquet")
        #expect(try await world.ids(at: .version(3)) == Array(0..<30))
    }

    @Test
    func `a replacement is refused when others have added rows meanwhile`() async throws {
        var table = try await world.tableOfThree()
        var twin = try await world.open()
        try await world.commit(30..<40, to: &twin)
        let edit = Edit(.replace, removed: .everything, basis: table.version)

        #expect(try await table.commit(edit) == .refused(.rowsChanged(4)))

        #expect(try await world.ids() == Array(0..<40))
    }

    @Test
    func `a replacement also takes away what others have only put together`() async throws {
        var table = try await world.tableOfThree()
        var twin = try await world.open()
        #expect(try await twin.optimize().addedFileCount == 1)

        let edit = Edit(.replace, removed: .everything, basis: table.version)
        let outcome = try await table.commit(edit)

        #expect(outcome.receipt?.version == 5)
        #expect(try await world.ids().isEmpty)
    }

    @Test
    func `an edit of a file that another has removed is refused`() async throws {
        var table = try await world.tableOfThree()
        let file = try await table.files()[0]
        var twin = try await world.open()
        _ = try await twin.commit(Edit(.delete, removed: .files([file]), basis: twin.version))
        let edit = Edit(.delete, removed: .files([file]), basis: 3)

        #expect(try await table.commit(edit) == .refused(.fileRemoved(file.path)))

        try await table.refresh()
        #expect(try await table.commit(edit) == .refused(.fileRemoved(file.path)))
        #expect(try await world.ids().count == 20)
    }

    @Test
    func `an edit is refused when others have changed the schema`() async throws {
        var table = try await world.tableOfThree()
        let file = try await table.files()[0]
        var twin = try await world.open()
        _ = try await twin.commit(
            try await world.append(50..<51, to: twin, newFields: [Field("more", .long)]))

        let edit = Edit(.delete, removed: .files([file]), basis: table.version)

        #expect(try await table.commit(edit) == .refused(.metadataChanged(4)))
    }

    @Test
    func `a table that only takes appends refuses a deletion and takes a compaction`()
        async throws
    {
        var table = try await world.create(
            TableDefinition(
                schema: TableWorld.schema, properties: ["delta.appendOnly": "true"]))
        for id in 0..<3 as Range<Int64> { try await world.commit(id..<id + 1, to: &table) }
        let file = try await table.files()[0]

        let outcome = try await table.commit(
            Edit(.delete, removed: .files([file]), basis: table.version))

        guard case .refused(.featureRefused(let refusal)) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(refusal.feature == "appendOnly")
        #expect(try await table.optimize().removedFileCount == 3)
        #expect(try await world.ids() == [0, 1, 2])
    }

    @Test
    func `a file that is not there, or of another size, is never committed`() async throws {
        var table = try await world.create()
        var append = try await world.append(0..<3, to: table)
        append.files[0].byteCount += 1
        let path = append.files[0].path
        let size = append.files[0].byteCount

        await #expect(
            throws: TableError.dataFile(path, .otherSize(size - 1, logged: size))
        ) { try await table.commit(append) }
        try FileManager.default.removeItem(atPath: world.root + "/" + path)
        await #expect(throws: TableError.dataFile(path, .missing)) {
            try await table.commit(append)
        }
        #expect(try await world.open().version == 0)
    }

    @Test
    func `members of our own stand in the commit`() async throws {
        var table = try await world.create()
        var append = try await world.append(0..<3, to: table)
        append.info = [JSON.Member("millrace", ["ranges": "0-3"])]

        _ = try await table.commit(append)

        let log = try String(contentsOfFile: world.commitPath(1), encoding: .utf8)
        #expect(log.contains(#""millrace":{"ranges":"0-3"}"#))
        #expect(log.contains(#""numOutputRows":"3""#))
    }
}
