import DurableFiles
import StreamModel
import Synchronization
import TestKit
import Testing

@testable import StreamLog

@Suite("StreamLog: what takes space and what frees it")
struct SpaceTests {
    private static let filler = String(repeating: "x", count: 20_000)
    private static let budget = 3 << 20

    private func world(
        _ policy: LogConfiguration.BudgetPolicy,
        _ configure: (inout LogConfiguration) -> Void = { _ in }
    ) async throws -> (LogWorld, PartitionID) {
        let world = try LogWorld { configuration in
            configuration.budget = Self.budget
            configuration.budgetPolicy = policy
            configure(&configuration)
        }
        let stream = try await world.log().createStream(
            try StreamName("raw"), partitionCount: 1, StreamConfiguration(compression: .none))
        return (world, PartitionID(stream.incarnation, 0))
    }

    /// Appends until there is no space.
    private func fill(_ log: StreamLog, _ id: PartitionID) async -> CommitError? {
        for _ in 0..<400 {
            let commit = try? Commit(appends: [.init(batch([Self.filler]), to: id)])
            guard let commit else { return nil }
            if case .failure(let error) = await log.result(of: commit) { return error }
        }
        return nil
    }

    @Test(.proves(.staysInBudget))
    func `positions count against the budget`() async throws {
        let (world, id) = try await world(.reject)
        let log = try world.log()
        #expect(await fill(log, id) == .full(.budget(byteCount: Self.budget)))
        let key = PositionKey(kind: .group, name: "g", partition: id)
        let metadata = Array(repeating: UInt8(7), count: 2000)

        var taken = 0
        var refusal: CommitError?
        while refusal == nil && taken < 400 {
            let commit = Commit(requests: [
                .setPosition(key, Position(offset: 1, metadata: metadata))
            ])
            switch await log.result(of: commit) {
            case .success: taken += 1
            case .failure(let error): refusal = error
            }
        }

        #expect(taken > 0)
        #expect(refusal == .full(.budget(byteCount: Self.budget)))
        #expect(try world.usedByteCount() <= Self.budget)
        await world.close()
        _ = try world.log()
        #expect(try world.usedByteCount() <= Self.budget)
        await world.close()
    }

    @Test(.proves(.staysInBudget))
    func `what others keep on the store's account makes the log smaller`() async throws {
        let (world, id) = try await world(.dropOldest)
        let log = try world.log()
        let outside = 1 << 20
        log.noteOutsideUse(byteCount: outside)

        #expect(await fill(log, id) == nil)

        #expect(try world.usedByteCount() + outside <= Self.budget)
        log.noteOutsideUse(byteCount: 10 * Self.budget)
        #expect(await fill(log, id) == .full(.budget(byteCount: Self.budget)))
        await world.close()
    }

    @Test(.proves(.staysInBudget), arguments: LogConfiguration.BudgetPolicy.allCases)
    func `a position that frees space gets through when there is none`(
        policy: LogConfiguration.BudgetPolicy
    ) async throws {
        let (world, id) = try await world(policy) { $0.retentionByteCount = 1 << 20 }
        let log = try world.log()
        try await log.perform(
            .setFeed(FeedKey(incarnation: id.incarnation, name: "tables"), .never))
        let appends = Task { await fill(log, id) }
        while try world.usedByteCount() < 2 << 20 { await Task.yield() }
        if policy != .backpressure { _ = await appends.value }
        let group = PositionKey(kind: .group, name: "g", partition: id)
        var isFull = false
        while !isFull {
            let result = await log.result(
                of: Commit(requests: [.setPosition(group, Position(offset: 1))]))
            if case .failure = result { isFull = true }
        }

        let end = try log.bounds(of: id).upperBound
        let feed = PositionKey(kind: .feed, name: "tables", partition: id)
        try await log.perform(.setPosition(feed, Position(offset: end)))

        #expect(log.position(feed)?.offset == end)
        if policy != .backpressure {
            #expect(try await log.append(["more"], to: id) == .appended(Offset(end)!))
        }
        while try log.bounds(of: id).lowerBound == 0 { await Task.yield() }
        #expect(try log.bounds(of: id).lowerBound > 0)
        #expect(try world.usedByteCount() <= Self.budget)
        await world.close()
        _ = await appends.value
    }

    @Test
    func `retention by size does not count what is set aside for a full disk`() async throws {
        let (world, id) = try await world(.reject) { $0.retentionByteCount = 1 << 20 }
        let log = try world.log()
        while log.statistics().segmentCount < 3 {
            let commit = Commit(appends: [.init(try batch([Self.filler]), to: id)])
            guard case .success = await log.result(of: commit) else { break }
        }
        #expect(try log.bounds(of: id).lowerBound == 0)
        await world.close()
    }

    @Test
    func `a draft that waited for space is decided again`() async throws {
        let (world, id) = try await world(.backpressure) {
            $0.retentionByteCount = 1 << 20
            $0.linger = 50
        }
        let log = try world.log()
        try await log.perform(
            .setFeed(FeedKey(incarnation: id.incarnation, name: "tables"), .never))
        let name = try ProducerName("p")
        let producer = try await log.registerProducer(name)
        let other = try await log.createStream(try StreamName("other"), partitionCount: 1)
        let stamp = BatchProducer(id: producer.id.rawValue, epoch: producer.epoch, baseSequence: 0)
        let waiting = [
            Commit(appends: [.init(try batch([Self.filler], producer: stamp), to: id)]),
            Commit(appends: [
                .init(try batch([Self.filler]), to: PartitionID(other.incarnation, 0))
            ]),
            Commit(appends: [.init(try batch([Self.filler]), to: id)]),
        ]
        while log.hasRoom(for: 70_000) { _ = try await log.append([Self.filler], to: id) }
        let end = try log.bounds(of: id).upperBound
        async let answers = log.commitTogether(waiting)
        while log.statistics().counters.waitsForSpace == 0 { await Task.yield() }

        // While they wait, the producer is replaced and a stream goes.
        _ = try await log.registerProducer(name, .raiseEpoch)
        try await log.perform(.deleteStream(try StreamName("other")))
        let feed = PositionKey(kind: .feed, name: "tables", partition: id)
        try await log.perform(.setPosition(feed, Position(offset: end)))

        let told = await answers
        #expect(told[0] == .failure(.producer(.fenced(epoch: 0, by: 1))))
        #expect(told[1] == .failure(.stream(.unknown("incarnation 2"))))
        #expect(try told[2].get().appends == [.appended(Offset(end)!)])
        await world.close()
    }

    @Test(.proves(.staysInBudget))
    func `an index is not stored after its segment was removed`() async throws {
        let (world, id) = try await world(.dropOldest)
        let log = try world.log()

        #expect(await fill(log, id) == nil)

        let directory = try Directory(world.path + "/log/default")
        log.shared.finishBackground()
        let catalog = log.shared.catalog
        let header = try #require(try catalog.header(log.shared.segmentNumbers[0]))
        var removed = header
        removed.segment = 1
        catalog.store(SegmentIndex(segment: 1), of: removed)
        let names = Set(try directory.names())
        #expect(!names.contains(LogDirectory.indexName(1)))
        for name in names where name.hasSuffix(".idx") {
            #expect(names.contains(name.dropLast(4) + ".mdb"))
        }
        await world.close()
    }

    @Test
    func `an index without a segment goes when the store is opened`() async throws {
        let (world, id) = try await world(.dropOldest)
        _ = try await world.log().append(["a"], to: id)
        await world.close()
        let directory = try Directory(world.path + "/log/default")
        let orphan = LogDirectory.indexName(77)
        try directory.replace(orphan, with: [1, 2, 3])

        _ = try world.log()

        #expect(try directory.status(of: orphan) == nil)
        await world.close()
    }

    @Test(.proves(.resumesWhereCommitted))
    func `what retention removes under a reader is no damage`() async throws {
        let (world, id) = try await world(.dropOldest)
        let log = try world.log()
        let appends = Task { await fill(log, id) }
        var gaps: Set<Gap.Reason> = []

        for _ in 0..<400 {
            var next = Offset.start
            while true {
                let result = try log.read(id, from: next, byteCount: 100_000, .reportGap)
                if result.items.isEmpty { break }
                for case .gap(let gap) in result.items { gaps.insert(gap.reason) }
                next = result.next
            }
            if gaps.contains(.diskPressure) && appends.isCancelled { break }
            await Task.yield()
        }
        _ = await appends.value

        #expect(!gaps.contains(.damage))
        #expect(log.damageFound == [])
        await world.close()
    }

    @Test(.proves(.acknowledgedIsDurable))
    func `a producer that comes back with the batch that rolls keeps its name`() async throws {
        let world = try LogWorld { $0.producerExpiry = 1000 }
        let id = try await world.stream()[0]
        let log = try world.log()
        let name = try ProducerName("p")
        let producer = try await log.registerProducer(name, .keepEpoch)
        world.clock.advance(10_000)
        let before = log.statistics().segmentCount
        while log.statistics().segmentCount == before {
            let last = log.lastSequence(of: producer.id, in: id) ?? -1
            let stamp = BatchProducer(
                id: producer.id.rawValue, epoch: producer.epoch, baseSequence: last + 1)
            let large = try largeBatch(40_000, producer: stamp)
            _ = try await log.commit(Commit(appends: [.init(large, to: id)]))
            world.clock.advance(10_000)
        }

        let again = try await log.registerProducer(name, .keepEpoch)

        #expect(again.id == producer.id)
        await world.close()
    }

    @Test(.proves(.hostileBytesAreHarmless))
    func `a client cannot use up the producer ids`() async throws {
        let world = try LogWorld()
        let id = try await world.stream()[0]
        let log = try world.log()
        let hostile = try batch(
            ["x"], producer: BatchProducer(id: (1 << 62) - 1, epoch: 0, baseSequence: 0))
        await #expect(throws: CommitError.self) {
            try await log.commit(Commit(appends: [.init(hostile, to: id)]))
        }
        let largest = BatchProducer(
            id: LogLimits.unregisteredProducerIDMax - 1, epoch: 0, baseSequence: 0)
        _ = try await log.commit(
            Commit(appends: [.init(try batch(["x"], producer: largest), to: id)]))

        for _ in 0..<3 { _ = try await log.registerProducer(nil) }

        let again = try await world.reopen()
        #expect(try again.bounds(of: id) == 0...1)
        await world.close()
    }
}

extension StreamLog {
    /// Whether appends that take so much need not wait.
    fileprivate func hasRoom(for byteCount: Int) -> Bool {
        let kept =
            shared.layout.reserve + (192 << 10) + 3 * shared.layout.reservationByteCount
        return shared.usedByteCount + byteCount + kept < shared.layout.budget
    }
}
