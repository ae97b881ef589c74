// Foundation is imported on purpose: none of our public names may clash with its.
import Foundation
import Millrace
import TestKit
import Testing

@Suite("Millrace: materialize")
struct MaterializeTests {
    private let directory: TemporaryDirectory
    private var path: String { directory.path + "/table" }

    init() throws { directory = try TemporaryDirectory() }

    private func filled() async throws -> (Store, EventStream) {
        let store = try await Store(opening: directory.path + "/store")
        let rooms = try await store.stream(named: StreamName("rooms"))
        try await rooms.append(#"{"room":"kitchen","value":21.5}"#, key: "kitchen")
        try await rooms.append(#"{"room":"cellar","value":12}"#, key: "cellar")
        return (store, rooms)
    }

    @Test func `a table has every event once, however often it is written`() async throws {
        let (store, rooms) = try await filled()

        let first = try await rooms.materialize(into: path)
        let again = try await rooms.materialize(into: path)
        try await rooms.append(#"{"room":"attic","value":30,"note":"new"}"#)
        let last = try await rooms.materialize(into: path)

        #expect(first.rowCount == 2)
        #expect(again == first)
        #expect(last.rowCount == 3)
        #expect(Set(["_partition", "_offset", "room", "value", "note"]).isSubset(of: last.columns))
        await store.close()
    }

    @Test func `a mapping that cannot be used changes nothing`() async throws {
        let (store, rooms) = try await filled()

        await #expect(throws: MaterializeError.self) {
            try await rooms.materialize(into: path, mapping: #"{"feilds":{}}"#)
        }

        #expect(!FileManager.default.fileExists(atPath: path))
        await store.close()
    }

    @Test func `a table that was removed is not begun again in silence`() async throws {
        let (store, rooms) = try await filled()
        try await rooms.materialize(into: path)
        try FileManager.default.removeItem(atPath: path)
        try await rooms.append("{}")

        await #expect(throws: MaterializeError.self) { try await rooms.materialize(into: path) }
        await store.close()
    }

    @Test func `a path without a table is named`() async throws {
        await #expect(throws: MaterializeError.self) { try await Table(at: path) }
    }
}
