import Columns
import DeltaTable
import Foundation
import JSONFlattening
import StreamLog
import StreamModel
import TestKit
import Testing

@testable import Materializer

@Suite("Materializer: rebuild", .proves(.landsOnce))
struct RebuildTests {
    let world: TableWorld
    static let exploding = #"{"fields":{"tags":{"as":"explode","table":"tags"}}}"#

    init() throws { world = try TableWorld() }

    private func order(_ mapping: String? = nil, discarding: Bool = false) throws -> PipelineOrder {
        .init(
            .resolve(.rebuild), mapping: try mapping.map { try Mapping(parsing: Array($0.utf8)) },
            mayDiscard: discarding)
    }

    private func fill(_ mapping: String = "{}") async throws -> PartitionID {
        let partitions = try await world.partitions()
        try await world.append(
            [#"{"a":1,"tags":["x","y"]}"#, "{", #"{"a":"two","tags":[]}"#], to: partitions[0])
        _ = try await world.runner(mapping).flush(byteCount: 1 << 20)
        return partitions[0]
    }

    @Test
    func `a table gets its new columns and rows in one commit, and keeps its identity`()
        async throws
    {
        let partition = try await fill()
        let before = try await world.table()
        let runner = try world.runner()

        let result = try await runner.carryOut(order(Self.exploding))
        let after = try await world.table()
        try await world.append([#"{"a":4,"tags":["z"]}"#], to: partition)
        _ = await runner.flush(byteCount: 1 << 20)

        #expect(result?.tally?.rows == 4 && result?.tally?.quarantined == 1)
        #expect(result?.tally?.offsets == 3 && result?.tally?.missing == 0)
        #expect(after.version == before.version + 1)
        #expect(after.state.metadata.id == before.state.metadata.id)
        #expect(after.schema.index(of: "tags") == nil && before.schema.index(of: "tags") != nil)
        #expect(try await world.offsets() == [0, 2, 3])
        #expect(try await world.offsets(of: "tags") == [0, 0, 3])
        #expect(try await world.offsets(of: "quarantine") == [1])
        #expect(!FileManager.default.fileExists(atPath: world.root + "/_millrace/rebuild"))
        await world.close()
    }

    @Test
    func `a child that the new mapping does not have is emptied`() async throws {
        _ = try await fill(Self.exploding)
        let runner = try world.runner(Self.exploding)

        let result = try await runner.carryOut(order("{}"))

        #expect(result?.isDone == true)
        #expect(try await world.offsets(of: "tags") == [])
        #expect(try await world.rows()[0]["tags"] == #"["x","y"]"#)
        await world.close()
    }

    @Test
    func `a rebuild is cut after any of its steps, and goes on`() async throws {
        _ = try await fill()
        let partition = try await world.partitions()[0]
        try await world.append((0..<40).map { #"{"a":\#($0),"tags":["q"]}"# }, to: partition)
        let first = try world.runner()
        _ = try first.take(order(Self.exploding))
        for flushCount in 1...8 {
            let runner = flushCount == 1 ? first : try world.runner()
            _ = await runner.flush(byteCount: 1 << 20)
            await world.close()
        }
        let runner = try world.runner()
        _ = await runner.flush(byteCount: 1 << 20)

        #expect(runner.statistics().state == .following)
        #expect(try await world.offsets() == [0] + Array(2..<43))
        #expect(try await world.offsets(of: "tags") == [0, 0] + Array(3..<43))
        #expect(try await world.offsets(of: "quarantine") == [1])
        await world.close()
    }

    private var staging: String { world.root + "/_millrace/rebuild" }

    /// A rebuild whose replay is not at its end, and of which nothing is in place yet.
    private func halfStaged() async throws -> PartitionID {
        let partition = try await fill()
        // More than the least that a flush takes, in batches of which it takes whole ones.
        let text = String(repeating: "z", count: 1000)
        for number in 0..<200 {
            let body = #"{"a":\#(number),"tags":["\#(number)\#(text)"]}"#
            try await world.append([body], to: partition)
        }
        let runner = try world.runner()
        _ = try runner.take(order(Self.exploding))
        _ = await runner.flush(byteCount: 1)
        return partition
    }

    @Test
    func `a removal of what was staged is cut, and the rebuild begins anew`() async throws {
        _ = try await halfStaged()
        try FileManager.default.removeItem(atPath: staging + "/_millrace/replay")
        try FileManager.default.removeItem(
            atPath: staging + "/_delta_log/00000000000000000000.json")
        let runner = try world.runner()
        for _ in 0..<6 { _ = await runner.flush(byteCount: 1 << 20) }

        #expect(runner.statistics().state == .following)
        #expect(try await world.offsets() == [0] + Array(2..<203))
        await world.close()
    }

    @Test
    func `what an earlier rebuild has left is not taken for made`() async throws {
        let partition = try await halfStaged()
        let left = world.directory.path + "/left"
        try FileManager.default.copyItem(atPath: staging, toPath: left)
        let runner = try world.runner()
        for _ in 0..<6 { _ = await runner.flush(byteCount: 1 << 20) }
        try await world.append([#"{"a":4}"#], to: partition)
        try FileManager.default.copyItem(atPath: left, toPath: staging)

        let result = try await world.runner().carryOut(order())

        #expect(result?.isDone == true)
        #expect(try await world.offsets() == [0] + Array(2..<204))
        #expect(try await world.offsets(of: "tags") == [0, 0] + Array(3..<203))
        await world.close()
    }

    @Test
    func `files that a vacuum took before they had a table are made once more`() async throws {
        _ = try await halfStaged()
        let staged = try FileManager.default.contentsOfDirectory(atPath: staging)
            .filter { $0.hasSuffix(".parquet") }
        try #require(!staged.isEmpty)
        for name in staged { try FileManager.default.removeItem(atPath: staging + "/" + name) }
        let second = try world.runner()
        for _ in 0..<6 { _ = await second.flush(byteCount: 1 << 20) }

        #expect(second.statistics().state == .following)
        #expect(try await world.offsets() == [0] + Array(2..<203))
        #expect(try await world.offsets(of: "tags") == [0, 0] + Array(3..<203))
        await world.close()
    }

    @Test
    func `the mapping of a rebuild holds until the configuration names another`() async throws {
        _ = try await fill()
        _ = try await world.runner().carryOut(order(Self.exploding))
        let same = try world.runner()
        _ = await same.flush(byteCount: 1 << 20)
        let kept = await same.followed?.memory.mapping
        let other = #"{"columnMax":40}"#
        let changed = try world.runner(other)
        _ = await changed.flush(byteCount: 1 << 20)

        #expect(kept == (try Mapping(parsing: Array(Self.exploding.utf8)).canonical))
        #expect(
            await changed.followed?.memory.mapping
                == (try Mapping(parsing: Array(other.utf8)).canonical))
        await world.close()
    }

    @Test
    func `rows that the log cannot give again go only when the operator says so`() async throws {
        let partitions = try await world.partitions()
        try await world.append([#"{"a":1}"#], to: partitions[0])
        _ = try await world.runner().flush(byteCount: 1 << 20)
        await world.close()
        world.forget(after: 1_000)
        for _ in 0..<3 {
            world.clock.advance(10_000)
            try await world.append(["{}"], to: partitions[0])
        }
        let start = try world.log().bounds(of: partitions[0]).lowerBound
        let runner = try world.runner()

        let refused = try await runner.carryOut(order())?.failure
        let rows = try await world.offsets()
        let done = try await runner.carryOut(order(discarding: true))

        #expect(start > 0)
        #expect(refused == .refused(.wouldDiscard(partition: 0, before: start)))
        #expect(rows.first == 0)
        #expect(done?.tally?.missing == start)
        #expect(try await world.offsets() == Array(Int(start)..<4))
        await world.close()
    }

    @Test
    func `rows of another source go only when the operator says so`() async throws {
        _ = try await fill()
        var table = try await world.table()
        let other = CursorName(
            store: try #require(StoreID(String(repeating: "7", count: 32))),
            incarnation: .init(rawValue: 1), pipeline: "telemetry", generation: 1, partition: 0)
        _ = try await table.commit(
            Append(
                files: [], transactions: [.init(application: other.text, version: 3)],
                schema: table.schema))
        let runner = try world.runner()

        let refused = try await runner.carryOut(order())?.failure

        #expect(refused == .refused(.foreignRows(source: "\(other.store):1/telemetry")))
        #expect(try await runner.carryOut(order(discarding: true))?.isDone == true)
        await world.close()
    }

    @Test
    func `a second order is refused while one is under way`() async throws {
        _ = try await fill()
        let runner = try world.runner()
        _ = try runner.take(order())

        #expect(throws: OrderRefusal.busy) { try runner.take(order()) }
        await world.close()
    }

    @Test
    func `a rebuild that has begun can be given up until a table is in place`() async throws {
        _ = try await fill()
        let runner = try world.runner()
        _ = try runner.take(order(Self.exploding))
        // Somebody stands where the staged tables are to be.
        try Data().write(to: URL(fileURLWithPath: world.root + "/_millrace"))
        _ = await runner.flush(byteCount: 1 << 20)
        #expect(runner.statistics().state.name == "retrying")
        try FileManager.default.removeItem(atPath: world.root + "/_millrace")

        let result = try await runner.carryOut(.init(.resolve(.accept)))

        #expect(result?.isDone == true)
        #expect(await runner.followed?.memory.rebuild == nil)
        #expect(await runner.followed?.memory.generation == 1)
        #expect(try await world.offsets() == [0, 2])
        await world.close()
    }
}
