import StreamModel
import TestKit
import Testing

@testable import StreamLog

@Suite("StreamLog: budget and retention")
struct BudgetTests {
    private static let filler = String(repeating: "x", count: 20_000)

    /// A stream stored as it comes, so that events take what they have.
    private func world(
        _ policy: LogConfiguration.BudgetPolicy,
        _ configure: (inout LogConfiguration) -> Void = { _ in }
    ) async throws -> (LogWorld, PartitionID) {
        let world = try LogWorld { configuration in
            configuration.budget = 3 << 20
            configuration.budgetPolicy = policy
            configure(&configuration)
        }
        let name = try StreamName("raw")
        let stream = try await world.log().createStream(
            name, partitionCount: 1, StreamConfiguration(compression: .none))
        return (world, PartitionID(stream.incarnation, 0))
    }

    private func append(_ world: LogWorld, _ id: PartitionID) async throws -> AppendOutcome {
        try await world.log().append([Self.filler], to: id)
    }

    @Test(.proves(.staysInBudget))
    func `the store never takes more than its budget`() async throws {
        let (world, id) = try await world(.dropOldest)

        var largest = 0
        for _ in 0..<400 {
            _ = try await append(world, id)
            largest = max(largest, try world.usedByteCount())
        }

        #expect(largest <= 3 << 20)
        #expect(try world.log().bounds(of: id).lowerBound > 0)
        await world.close()
    }

    @Test
    func `at the budget appends are refused when nothing may be removed`() async throws {
        let (world, id) = try await world(.reject)

        var refusal: CommitError?
        for _ in 0..<400 where refusal == nil {
            do { _ = try await append(world, id) } catch let error as CommitError {
                refusal = error
            }
        }

        #expect(refusal == .full(.budget(byteCount: 3 << 20)))
        #expect(try world.log().bounds(of: id).lowerBound == 0)
        await world.close()
    }

    @Test
    func `what a feed has not read is kept, and what it has read goes`() async throws {
        let (world, id) = try await world(.dropOldest)
        let log = try world.log()
        try await log.perform(
            .setFeed(FeedKey(incarnation: id.incarnation, name: "tables"), .never))

        var refusal: CommitError?
        for _ in 0..<400 where refusal == nil {
            do { _ = try await append(world, id) } catch let error as CommitError {
                refusal = error
            }
        }
        #expect(refusal == .full(.budget(byteCount: 3 << 20)))
        #expect(try log.bounds(of: id).lowerBound == 0)

        let end = try log.bounds(of: id).upperBound
        let key = PositionKey(kind: .feed, name: "tables", partition: id)
        try await log.perform(.setPosition(key, Position(offset: end)))
        #expect(try await append(world, id) == .appended(Offset(end)!))
        #expect(try log.bounds(of: id).lowerBound > 0)
        await world.close()
    }

    @Test
    func `with back-pressure an append waits until a feed has read`() async throws {
        let (world, id) = try await world(.backpressure) { $0.retentionByteCount = 1 << 20 }
        let log = try world.log()
        let feed = FeedKey(incarnation: id.incarnation, name: "tables")
        try await log.perform(.setFeed(feed, .never))
        let appended = Counter()

        let appends = Task {
            for _ in 0..<200 {
                _ = try await append(world, id)
                appended.increment()
            }
        }
        while log.statistics().counters.waitsForSpace == 0 { await Task.yield() }
        let before = appended.value
        let key = PositionKey(kind: .feed, name: "tables", partition: id)
        var isOver = false
        while !isOver {
            let end = try log.bounds(of: id).upperBound
            try await log.perform(.setPosition(key, Position(offset: end)))
            world.clock.advance(1000)
            isOver = appended.value == 200
            await Task.yield()
        }
        try await appends.value

        #expect(before < 200)
        #expect(try log.bounds(of: id).upperBound == 200)
        await world.close()
    }

    @Test(.proves(.resumesWhereCommitted))
    func `a follower steps over what retention took, and sees the gap`() async throws {
        let (world, id) = try await world(.dropOldest)
        let log = try world.log()
        for _ in 0..<300 { _ = try await append(world, id) }
        let start = try log.bounds(of: id).lowerBound

        var follower = log.follow(id, from: .start).makeAsyncIterator()
        let first = try await follower.next()
        let second = try await follower.next()

        guard case .gap(let gap) = first, case .batch(let batch) = second else {
            Issue.record("expected a gap and a batch")
            return
        }
        #expect(gap.offsets == 0..<start)
        #expect(gap.reason == .diskPressure)
        #expect(batch.batch.baseOffset.rawValue == start)
        await world.close()
    }

    @Test
    func `old segments go by the age of the store, not by the calendar`() async throws {
        let (world, id) = try await world(.reject) { $0.retentionAge = 3_600_000 }
        let log = try world.log()
        for _ in 0..<40 { _ = try await append(world, id) }

        world.clock.jump(20 * 365 * 86_400_000)
        _ = try await append(world, id)
        #expect(try log.bounds(of: id).lowerBound == 0)

        for _ in 0..<40 {
            world.clock.advance(600_000)
            _ = try await append(world, id)
        }
        _ = try await append(world, id)
        #expect(try log.bounds(of: id).lowerBound > 0)
        await world.close()
    }
}
