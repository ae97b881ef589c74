import DeltaTable
import Foundation
import JSONFlattening
import StreamLog
import TestKit
import Testing

@testable import Materializer

@Suite("Materializer: redrive", .proves(.landsOnce))
struct RedriveTests {
    let world: TableWorld
    /// Deeper than `shallow` allows.
    static let deep = #"{"a":{"b":{"c":{"d":1}}}}"#
    static let shallow = #"{"depthMax":2}"#

    init() throws { world = try TableWorld() }

    private func mended() throws -> Mapping {
        try Mapping(parsing: Array(#"{"undeclared":"rescue"}"#.utf8))
    }

    private func order() throws -> PipelineOrder { .init(.redrive, mapping: try mended()) }

    private var record: String { world.root + "_quarantine/_millrace/redrive" }

    @Test
    func `a quarantined event that can land now is in the table, and no longer in quarantine`()
        async throws
    {
        let partitions = try await world.partitions()
        try await world.append([#"{"a":1}"#, Self.deep, "{"], to: partitions[0])
        let runner = try world.runner(Self.shallow)
        _ = await runner.flush(byteCount: 1 << 20)
        #expect(try await world.offsets(of: "quarantine") == [1, 2])

        let first = try await runner.carryOut(order())?.tally
        let again = try await runner.carryOut(order())?.tally

        #expect(first?.landed == 1 && first?.left == 1)
        #expect(again?.landed == 0 && again?.left == 1)
        #expect(try await world.offsets() == [0, 1])
        #expect(try await world.offsets(of: "quarantine") == [2])
        #expect(runner.statistics().notices == [])
        await world.close()
    }

    @Test
    func `a redrive in many rounds lands each event once`() async throws {
        let partitions = try await world.partitions(2)
        for _ in 0..<3 {
            for id in partitions {
                try await world.append([Self.deep, "{", Self.deep, #"{"a":1}"#], to: id)
            }
            _ = try await world.runner(Self.shallow).flush(byteCount: 1 << 20)
        }
        let runner = try world.runner(Self.shallow)
        _ = await runner.flush(byteCount: 1 << 20)
        let redrive = try await redrive(of: runner)
        var scan = try await redrive.scan()
        var report = Redrive.Report()

        var roundCount = 0
        while try await redrive.step(&scan, &report) { roundCount += 1 }

        #expect(roundCount > 12)
        #expect(report == Redrive.Report(landed: 12, left: 6))
        #expect(try await world.offsets().count == 18)
        #expect(Set(try await world.rows().map { [$0["_partition"], $0["_offset"]] }).count == 18)
        #expect(try await world.offsets(of: "quarantine").count == 6)
        await world.close()
    }

    @Test
    func `files that another engine has put together are looked at once more`() async throws {
        let partitions = try await world.partitions()
        for _ in 0..<3 {
            try await world.append([Self.deep, "{", Self.deep], to: partitions[0])
            _ = try await world.runner(Self.shallow).flush(byteCount: 1 << 20)
        }
        let redrive = try await redrive(of: try world.runner(Self.shallow))
        var scan = try await redrive.scan()
        var report = Redrive.Report()
        _ = try await redrive.step(&scan, &report)

        var table = try await world.table("quarantine")
        _ = try await table.optimize()
        while try await redrive.step(&scan, &report) {}

        #expect(report == Redrive.Report(landed: 6, left: 3))
        #expect(try await world.offsets().sorted() == [0, 2, 3, 5, 6, 8])
        #expect(try await world.offsets(of: "quarantine").sorted() == [1, 4, 7])
        await world.close()
    }

    @Test
    func `a pipeline finishes a redrive that was cut, under the mapping that it had`()
        async throws
    {
        let partitions = try await world.partitions()
        try await world.append([#"{"a":1}"#, Self.deep], to: partitions[0])
        _ = try await world.runner(Self.shallow).flush(byteCount: 1 << 20)
        let mapping = #"{"fields":{"a":{"fields":{"b":{"fields":{"c":{"fields":{"d":"long"}}}}}}}}"#
        let redrive = try await redrive(
            of: try world.runner(Self.shallow), try Mapping(parsing: Array(mapping.utf8)))
        let quarantine = try await world.table("quarantine")
        let file = try await quarantine.files()[0]
        let kept = world.directory.path + "/record"

        // Cut after the record, and after any of the steps: the record is put back each time.
        let round = try await redrive.flatten(file, from: 0, of: quarantine)
        try redrive.keep(try await redrive.prepare(round))
        try FileManager.default.copyItem(atPath: record, toPath: kept)
        for _ in 0..<3 {
            let runner = try world.runner(Self.shallow)
            _ = await runner.flush(byteCount: 1 << 20)
            #expect(runner.statistics().state == .following)
            #expect(try await world.offsets() == [0, 1])
            #expect(try await world.rows()[1]["a_b_c_d"] == "1")
            #expect(try await world.offsets(of: "quarantine") == [])
            #expect(!FileManager.default.fileExists(atPath: record))
            try FileManager.default.copyItem(atPath: kept, toPath: record)
        }
        await world.close()
    }

    @Test
    func `a rebuild forgets a redrive that was cut`() async throws {
        let partitions = try await world.partitions()
        try await world.append([#"{"a":1}"#, Self.deep], to: partitions[0])
        let runner = try world.runner(Self.shallow)
        _ = await runner.flush(byteCount: 1 << 20)
        let redrive = try await redrive(of: runner)
        let quarantine = try await world.table("quarantine")
        let round = try await redrive.flatten(
            try await quarantine.files()[0], from: 0, of: quarantine)
        try redrive.keep(try await redrive.prepare(round))

        let result = try await runner.carryOut(.init(.resolve(.rebuild), mapping: mended()))
        _ = await runner.flush(byteCount: 1 << 20)

        #expect(result?.isDone == true)
        #expect(try await world.offsets() == [0, 1])
        #expect(try await world.offsets(of: "quarantine") == [])
        await world.close()
    }

    /// A redrive of what the runner's pipeline has put into quarantine, a row at a time.
    private func redrive(
        of runner: PipelineRunner, _ mapping: Mapping? = nil
    ) async throws -> Redrive {
        _ = await runner.flush(byteCount: 1 << 20)
        let followed = try #require(await runner.followed)
        var redrive = Redrive(
            root: world.root, identity: followed.identity,
            growth: SchemaGrowth(try mapping ?? mended(), adopting: followed.growth.record),
            surroundings: runner.surroundings, random: runner.random)
        redrive.seenCountMax = 1
        return redrive
    }
}
