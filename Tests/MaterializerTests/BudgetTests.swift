import DeltaTable
import Foundation
import StreamLog
import StreamModel
import TestKit
import Testing

@testable import Materializer

/// Real tables that grow until they have what they may, on a clock that the test turns.
@Suite("Materializer: tables at their budget", .proves(.staysInBudget), .proves(.landsOnce))
struct BudgetTests {
    let world: TableWorld

    init() throws { world = try TableWorld() }

    private static let limit: Int64 = 512 << 10
    private static let hour: Int64 = 3_600_000

    private func limits(
        _ policy: TableBudgetPolicy = .wait, _ byteCount: Int64 = limit
    ) -> MachineLimits {
        var limits = MachineLimits()
        limits.tableByteCountMax = byteCount
        limits.atTableBudget = policy
        return limits
    }

    /// Eight events that no codec makes small, numbered by their offsets.
    private func grow(_ partition: PartitionID, _ runner: PipelineRunner) async throws {
        let end = try world.log().bounds(of: partition).upperBound
        var generator = SeededGenerator(seed: UInt64(end))
        let events = (0..<8).map { number in
            let text = (0..<512).map { _ in
                String(UInt64.random(in: .min ... .max, using: &generator), radix: 36)
            }.joined()
            return #"{"n":\#(end + Int64(number)),"text":"\#(text)"}"#
        }
        try await world.append(events, to: partition)
        _ = await runner.flush(byteCount: 1 << 20)
        world.clock.advance(10_000)
    }

    /// Appends and flushes until the pipeline says that there is no room.
    private func fillUp(_ partition: PartitionID, _ runner: PipelineRunner) async throws {
        for _ in 0..<60 {
            try await grow(partition, runner)
            #expect(try used() <= Self.limit)
            if runner.statistics().state.cause == "tables-full" { return }
        }
        Issue.record("\(runner.statistics().state) with \(try used()) bytes")
    }

    /// What the tables take of the volume, counted without the product's help.
    private func used() throws -> Int64 {
        let tables = world.directory.path + "/tables"
        let paths = FileManager.default.enumerator(atPath: tables)?.allObjects ?? []
        return try paths.reduce(0) { sum, path in
            let status = try FileManager.default.attributesOfItem(atPath: "\(tables)/\(path)")
            return sum + ((status[.size] as? Int64 ?? 0) + 4095) / 4096 * 4096
        }
    }

    private func checkRows(_ offsets: Range<Int>) async throws {
        #expect(try await world.offsets() == Array(offsets))
        #expect(try await world.rows().map { $0["n"] } == offsets.map { "\($0)" })
    }

    @Test
    func `at the budget a pipeline waits, the log goes on, and with room all of it lands once`()
        async throws
    {
        let partition = try await world.partitions()[0]
        let runner = try world.runner(limits: limits())
        try await fillUp(partition, runner)
        let landed = try await world.offsets().count
        for _ in 0..<5 { try await grow(partition, runner) }

        #expect(runner.statistics().state.name == "retrying")
        #expect(try await world.offsets().count == landed)
        #expect(landed > 0)
        await world.close()
        // A start knows what the tables of before take.
        let again = try world.runner(limits: limits())
        _ = await again.flush(byteCount: 1 << 20)
        _ = await again.flush(byteCount: 1 << 20)
        #expect(again.statistics().state.cause == "tables-full")
        #expect(try used() <= Self.limit)

        let raised = try world.runner(limits: limits(.wait, 64 << 20))
        _ = await raised.flush(byteCount: 8 << 20)

        #expect(raised.statistics().state == .following)
        try await checkRows(0..<Int(try world.log().bounds(of: partition).upperBound))
        await world.close()
    }

    @Test
    func `under drop-oldest the oldest rows of a table with retention go, and no others`()
        async throws
    {
        let partition = try await world.partitions()[0]
        let runner = try world.runner(limits: limits(.dropOldest), keeping: 1000 * Self.hour)
        for _ in 0..<32 {
            try await grow(partition, runner)
            world.clock.advance(2 * Self.hour)
            #expect(try used() <= Self.limit)
        }

        // The last flush may have met the budget; it is let through a minute later.
        for _ in 0..<3 {
            world.clock.advance(61_000)
            _ = await runner.flush(byteCount: 1 << 20)
        }
        #expect(runner.statistics().state == .following)
        let end = Int(try world.log().bounds(of: partition).upperBound)
        let first = try #require(try await world.offsets().first)
        #expect(first > 0)
        #expect(first < end - 32)
        try await checkRows(first..<end)
        await world.close()
    }

    @Test
    func `under drop-oldest a table without retention keeps its rows, and waits`() async throws {
        let partition = try await world.partitions()[0]
        let runner = try world.runner(limits: limits(.dropOldest))

        try await fillUp(partition, runner)

        try await checkRows(0..<(try await world.offsets().count))
        await world.close()
    }

    @Test
    func `files that a compaction left dead go before anybody waits for long`() async throws {
        let partition = try await world.partitions()[0]
        let runner = try world.runner(limits: limits())
        while try used() < Self.limit / 5 * 2 { try await grow(partition, runner) }
        var table = try await world.table()
        _ = try await table.optimize(OptimizeOptions())
        try await fillUp(partition, runner)
        let live = runner.statistics().liveByteCount
        #expect(live < Self.limit * 3 / 4)

        // Those who read the old files have had their minute.
        world.clock.advance(61_000)
        _ = await runner.flush(byteCount: 1 << 20)

        #expect(runner.statistics().state == .following)
        #expect(try used() <= Self.limit)
        try await checkRows(0..<Int(try world.log().bounds(of: partition).upperBound))
        await world.close()
    }

    @Test
    func `a rebuild that would not fit beside the rows is refused, and changes nothing`()
        async throws
    {
        let partition = try await world.partitions()[0]
        let runner = try world.runner(limits: limits())
        while try used() < Self.limit / 3 * 2 { try await grow(partition, runner) }

        let result = try await runner.carryOut(.init(.resolve(.rebuild)))

        guard case .refused(.noRoom(let needed, let left)) = result?.failure else {
            Issue.record("\(String(describing: result))")
            return
        }
        #expect(needed > left)
        _ = await runner.flush(byteCount: 1 << 20)
        #expect(runner.statistics().state == .following)
        try await checkRows(0..<Int(try world.log().bounds(of: partition).upperBound))
        await world.close()
    }

    @Test
    func `the log is charged for tables up to their budget, and not beyond`() async throws {
        let partition = try await world.partitions()[0]
        let runner = try world.runner()
        while try used() < 2 * Self.limit { try await grow(partition, runner) }
        let log = try world.log()
        let alone = log.statistics().usedByteCount

        for (byteCount, charged) in [(Self.limit, Self.limit), (64 << 20, try used())] {
            let materializer = Materializer(log, limits(.wait, byteCount), clock: world.clock) { 1 }
            materializer.add(try world.definition())

            // A directory's own block is not the tables'.
            let found = Int64(log.statistics().usedByteCount - alone)
            #expect(abs(found - charged) <= 64 << 10)
            if byteCount == Self.limit { #expect(found == charged) }
        }
        await world.close()
    }
}
