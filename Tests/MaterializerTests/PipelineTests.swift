import DeltaTable
import Foundation
import StreamLog
import StreamModel
import TestKit
import Testing

@testable import Materializer

@Suite("Materializer: one pipeline", .proves(.landsOnce))
struct PipelineTests {
    let world: TableWorld

    init() throws { world = try TableWorld() }

    @Test
    func `events of all partitions are rows with their identity`() async throws {
        let partitions = try await world.partitions(2)
        try await world.append([#"{"a":1}"#, #"{"a":2,"b":{"c":"x"}}"#], to: partitions[0])
        try await world.append([#"{"a":3}"#], to: partitions[1])
        let runner = try world.runner()

        let outcome = await runner.flush(byteCount: 1 << 20)

        let rows = try await world.rows()
        #expect(runner.statistics().state == .following)
        #expect(outcome.commitCount == 1)
        #expect(rows.map { $0["a"] } == ["1", "2", "3"])
        #expect(rows.map { $0["_partition"] } == ["0", "0", "1"])
        #expect(rows.map { $0["_offset"] } == ["0", "1", "0"])
        #expect(rows[1]["b_c"] == "x")
        #expect(Set(rows.map { $0["_source"] }) == ["\(try world.log().storeID):1"])
        #expect(runner.statistics().lag == 0)
        await world.close()
    }

    @Test
    func `a pipeline that comes back goes on where it was`() async throws {
        let partitions = try await world.partitions()
        for round in 0..<4 {
            try await world.append([#"{"round":\#(round)}"#], to: partitions[0])
            _ = try await world.runner().flush(byteCount: 1 << 20)
            await world.close()
        }

        #expect(try await world.offsets() == [0, 1, 2, 3])
        #expect(try await world.rows().map { $0["round"] } == ["0", "1", "2", "3"])
    }

    @Test
    func `a crash between a table's creation and the plan makes no second columns`()
        async throws
    {
        let partitions = try await world.partitions()
        try await world.append([#"{"a":1}"#], to: partitions[0])
        let crashing = try world.runner(over: StoreWithoutPlan(inner: LogStore(log: world.log())))
        _ = await crashing.flush(byteCount: 1 << 20)
        #expect(try await world.rows() == [])
        await world.close()

        _ = try await world.runner().flush(byteCount: 1 << 20)

        let rows = try await world.rows()
        #expect(rows.map { $0["a"] } == ["1"])
        #expect(rows[0].keys.sorted() == ["_offset", "_partition", "_source", "a"])
        await world.close()
    }

    @Test
    func `an event that cannot land is in the quarantine, with every byte and the reason`()
        async throws
    {
        let partitions = try await world.partitions()
        try await world.append([#"{"a":1}"#, #"{"a":"#, #"{"a":2}"#], to: partitions[0])
        let runner = try world.runner()

        _ = await runner.flush(byteCount: 1 << 20)

        let quarantined = try await world.rows(of: "quarantine")
        #expect(try await world.offsets() == [0, 2])
        #expect(quarantined.map { $0["_offset"] } == ["1"])
        #expect(quarantined[0]["body"] == #"{"a":"#)
        #expect(quarantined[0]["reason"] == "cut_off")
        #expect(runner.statistics().counts.quarantined == 1)
        await world.close()
    }

    @Test
    func `children carry the identity of their event`() async throws {
        let mapping = #"{"fields":{"tags":{"as":"explode","table":"tags"}}}"#
        let partitions = try await world.partitions()
        try await world.append([#"{"tags":["x","y"]}"#, #"{"tags":[]}"#], to: partitions[0])
        let runner = try world.runner(mapping)

        _ = await runner.flush(byteCount: 1 << 20)

        #expect(runner.statistics().state == .following)
        #expect(try await world.offsets() == [0, 1])
        #expect(try await world.offsets(of: "tags") == [0, 0])
        await world.close()
    }

    @Test
    func `events that all are quarantined still move the parent's cursor`() async throws {
        let partitions = try await world.partitions()
        try await world.append(["["], to: partitions[0])

        _ = try await world.runner().flush(byteCount: 1 << 20)

        let table = try await Table.open(
            in: LocalStorage(world.root), Surroundings(now: { 0 }, random: { 0 }))
        let cursor = PipelineIdentity(
            store: try world.log().storeID, incarnation: partitions[0].incarnation,
            pipeline: "telemetry"
        ).cursor(1, 0)
        #expect(table.transaction(of: cursor.text) == 1)
        #expect(try await world.rows() == [])
        await world.close()
    }

    @Test
    func `a field that comes later gets its column in the commit that needs it`() async throws {
        let partitions = try await world.partitions()
        let runner = try world.runner()
        try await world.append([#"{"a":1}"#], to: partitions[0])
        _ = await runner.flush(byteCount: 1 << 20)
        world.clock.advance(61_000)
        try await world.append([#"{"a":2,"late":"x"}"#], to: partitions[0])
        _ = await runner.flush(byteCount: 1 << 20)
        // A second new field within the minute is rescued, and has its column afterwards.
        try await world.append([#"{"later":true}"#], to: partitions[0])
        _ = await runner.flush(byteCount: 1 << 20)
        world.clock.advance(61_000)
        try await world.append([#"{"later":false}"#], to: partitions[0])
        _ = await runner.flush(byteCount: 1 << 20)

        let rows = try await world.rows()
        #expect(rows.map { $0["late"] } == [nil, "x", nil, nil])
        #expect(rows.map { $0["later"] } == [nil, nil, nil, "false"])
        #expect(rows[2]["_rescued_data"]?.contains("later") == true)
        #expect(rows[1]["_rescued_data"] == nil)
        await world.close()
    }

    @Test
    func `a range that is flattened twice gives the same rows`() async throws {
        let partitions = try await world.partitions(2)
        for id in partitions {
            try await world.append(
                (0..<50).map { #"{"n":\#($0),"deep":{"x":[1,{"y":\#($0)}]}}"# }, to: id)
        }
        _ = try await world.runner().flush(byteCount: 1 << 20)
        let first = try await world.rows()
        try FileManager.default.removeItem(atPath: world.root)
        let runner = try world.runner()
        _ = await runner.flush(byteCount: 1 << 20)
        #expect(runner.statistics().state == .paused(Pause(.missing, at: "")))

        let result = try await runner.carryOut(.init(.resolve(.rebuild)))

        #expect(result?.isDone == true)
        #expect(try await world.rows() == first)
        #expect(first.count == 100)
        await world.close()
    }

    @Test
    func `a table whose making was cut is made`() async throws {
        let partitions = try await world.partitions()
        try await world.append([#"{"a":1}"#], to: partitions[0])
        let log = world.root + "/_delta_log"
        try FileManager.default.createDirectory(atPath: log, withIntermediateDirectories: true)
        try Data("{".utf8).write(
            to: URL(fileURLWithPath: log + "/00000000000000000000.json.7.1.tmp"))
        let runner = try world.runner()

        _ = await runner.flush(byteCount: 1 << 20)

        #expect(runner.statistics().state == .following)
        #expect(try await world.offsets() == [0])
        await world.close()
    }

    @Test
    func `offsets that are gone are stepped over and named`() async throws {
        let partitions = try await world.partitions()
        try await world.append([#"{"a":1}"#, #"{"a":2}"#, #"{"a":3}"#], to: partitions[0])
        let gap = Gap(offsets: 0..<2, reason: .damage, time: 0)
        _ = try await world.log().perform(.recordGap(partitions[0], gap))
        let runner = try world.runner()

        _ = await runner.flush(byteCount: 1 << 20)

        #expect(try await world.offsets() == [2])
        #expect(runner.statistics().counts.missing == 2)
        #expect(runner.statistics().notices.contains { $0.contains("0 to 2 are missing") })
        await world.close()
    }
}

/// A log whose machine stops before it remembers the first plan.
private struct StoreWithoutPlan: PipelineStore {
    let inner: LogStore

    func open(
        _ definition: PipelineDefinition
    ) async throws(Interruption) -> OpenedPipeline { try await inner.open(definition) }

    func bounds(
        of stream: StreamDefinition
    ) async throws(Interruption) -> [Range<Int64>] { try await inner.bounds(of: stream) }

    func read(
        _ id: PartitionID, from offset: Int64, byteCount: Int
    ) async throws(ReadError) -> ReadResult {
        try await inner.read(id, from: offset, byteCount: byteCount)
    }

    func keep(_ change: FeedChange) async throws(Interruption) {
        guard change.progress.plan == nil else { throw .cancelled }
        try await inner.keep(change)
    }

    func record(_ gaps: [StepOver]) async throws(Interruption) { try await inner.record(gaps) }
}
