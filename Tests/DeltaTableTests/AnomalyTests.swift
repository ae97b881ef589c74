import Columns
import Foundation
import Testing

@testable import DeltaTable

@Suite("DeltaTable: what others did")
struct AnomalyTests {
    let world = TableWorld()

    @Test
    func `appends, compactions and new columns of others are nothing to tell`() async throws {
        var table = try await world.create()
        try await world.commit(0..<3, to: &table)
        let position = try await table.position()
        var twin = try await world.open()
        try await world.commit(3..<6, to: &twin)
        _ = try await twin.commit(
            try await world.append(6..<9, to: twin, newFields: [Field("x", .long)]))
        _ = try await twin.optimize()

        try await table.refresh()

        #expect(try await table.anomalies(since: position) == [])
    }

    @Test
    func `another table in its place is told`() async throws {
        var table = try await world.create()
        try await world.commit(0..<3, to: &table)
        let position = try await table.position()
        try FileManager.default.removeItem(atPath: world.root)

        let other = TableWorld(root: world.root, seed: 99)
        let recreated = try await other.create()

        #expect(
            try await recreated.anomalies(since: position)
                == [.recreated(tableID: recreated.state.metadata.id)])
    }

    @Test
    func `an older copy of the table is told, with the cursor that went back`() async throws {
        var table = try await world.create()
        let mark = TransactionMark(application: "app", version: 3)
        try await world.commit(0..<3, to: &table, transactions: [mark])
        let position = try await table.position()
        try FileManager.default.removeItem(atPath: world.commitPath(1))

        let reopened = try await world.open()

        #expect(
            try await reopened.anomalies(since: position, marks: [mark])
                == [.wentBack(version: 0), .cursorMovedBack(application: "app", version: nil)])
    }

    @Test
    func `another commit at our version is told`() async throws {
        var table = try await world.create()
        try await world.commit(0..<3, to: &table)
        let position = try await table.position()
        try world.writeCommit(1, [#"{"commitInfo":{"txnId":"other","operation":"WRITE"}}"#])

        #expect(
            try await world.open().anomalies(since: position) == [.commitReplaced(version: 1)])
    }

    @Test(arguments: [
        ("RESTORE", "{}", TableAnomaly.restored(version: 2)),
        ("WRITE", #"{"mode":"Overwrite"}"#, .overwritten(version: 2)),
        ("CREATE OR REPLACE TABLE AS SELECT", "{}", .overwritten(version: 2)),
        ("DELETE", "{}", .rowsChanged(version: 2, operation: "DELETE")),
        ("MERGE", "{}", .rowsChanged(version: 2, operation: "MERGE")),
    ])
    func `what removes rows is told by its kind`(
        operation: String, parameters: String, expected: TableAnomaly
    ) async throws {
        var table = try await world.create()
        let file = try await world.commit(0..<3, to: &table)
        let position = try await table.position()
        let remove = Action.remove(RemoveFile(file, at: 1, isDataChange: true)).json.encodedText
        let info =
            #"{"commitInfo":{"operation":"\#(operation)","operationParameters":\#(parameters)}}"#
        try world.writeCommit(2, [info, remove])

        #expect(try await world.open().anomalies(since: position) == [expected])
    }

    @Test
    func `a commit whose fate is unknown is found by its id`() async throws {
        var table = try await world.create()
        let outcome = try await table.commit(try await world.append(0..<3, to: table))
        let id = try #require(outcome.receipt?.position.transactionID)
        let reopened = try await world.open()

        #expect(try await reopened.version(ofTransaction: id, after: 0) == 1)
        #expect(try await reopened.version(ofTransaction: "none", after: 0) == nil)
    }
}
