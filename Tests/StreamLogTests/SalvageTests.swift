import DurableFiles
import StreamModel
import Synchronization
import TestKit
import Testing

@testable import StreamLog

@Suite("StreamLog: salvage", .proves(.offsetsAreNeverReissued))
struct SalvageTests {
    /// A closed store of several segments, and what its partitions held.
    private func closed(
        _ count: Int = 60, seed: UInt64 = 1
    ) async throws -> (LogWorld, [PartitionID]) {
        let world = try LogWorld(seed: seed)
        let ids = try await world.stream(partitions: 2)
        let log = try world.log()
        for number in 0..<count {
            let value = "\(number) " + String(repeating: "x", count: 20_000)
            _ = try await log.commit(
                Commit(appends: [.init(try batch([value, "\(number)b"]), to: ids[number % 2])]))
        }
        let key = PositionKey(kind: .group, name: "g", partition: ids[0])
        try await log.perform(.setPosition(key, Position(offset: 2)))
        _ = try await log.registerProducer(try ProducerName("p"))
        await world.close()
        if count > 50 { #expect(try world.segmentFiles().count > 3) }
        return (world, ids)
    }

    private func salvage(_ world: LogWorld, _ name: String = "new") throws -> SalvageReport {
        try StreamLog.salvage(
            storeAt: world.path, into: world.directory.path(of: name), clock: world.clock,
            random: SeededGenerator(seed: 9))
    }

    private func opened(_ world: LogWorld, _ name: String = "new") throws -> StreamLog {
        try StreamLog(
            opening: world.directory.path(of: name), world.configuration, clock: world.clock,
            random: SeededGenerator(seed: 10))
    }

    /// Offsets with their events, and those of gaps, which together leave nothing out.
    private func offsets(of id: PartitionID, in log: StreamLog) throws -> Set<Int64> {
        var next: Int64 = 0
        var kept: Set<Int64> = []
        for item in try log.items(of: id) {
            switch item {
            case .batch(let stored):
                #expect(stored.batch.header.baseOffset == next)
                next = stored.batch.endOffset.rawValue
                kept.formUnion(stored.batch.header.baseOffset..<next)
            case .gap(let gap):
                #expect(gap.offsets.lowerBound == next)
                next = gap.offsets.upperBound
            }
        }
        #expect(next == (try log.bounds(of: id).upperBound))
        return kept
    }

    @Test
    func `a whole store comes back with everything it had`() async throws {
        let (world, ids) = try await closed()
        let before = try world.log()
        let values = try ids.map { try before.values(of: $0) }
        await world.close()

        let report = try salvage(world)
        let log = try opened(world)

        #expect(report.damage.isEmpty && report.store == log.storeID)
        #expect(log.storeID == before.storeID)
        for (id, old) in zip(ids, values) {
            #expect(try log.values(of: id).map(\.1) == old.map(\.1))
            #expect(try log.values(of: id).map(\.0) == old.map(\.0))
        }
        let key = PositionKey(kind: .group, name: "g", partition: ids[0])
        #expect(log.position(key)?.offset == 2)
        #expect(report.producerCount == 1 && report.groupCount == 1)
        #expect(try log.verify().isClean)
        await log.close()
    }

    @Test
    func `no offset and no stream number is issued again`() async throws {
        let (world, ids) = try await closed(4)

        _ = try salvage(world)
        let log = try opened(world)
        let outcome = try await log.append(["new"], to: ids[0])
        let other = try await log.createStream(try StreamName("other"), partitionCount: 1)

        #expect(outcome == .appended(Offset(4 + LogLimits.offsetJump)!))
        #expect(other.incarnation.rawValue > LogLimits.incarnationJump)
        #expect(try log.gaps(of: ids[0]).map(\.reason) == [.unproven])
        await log.close()
    }

    @Test(arguments: 0..<4)
    func `a segment that is gone costs its own events`(place: Int) async throws {
        let (world, ids) = try await closed()
        let log = try world.log()
        let held = try ids.map { try Set(log.values(of: $0).map(\.0)) }
        let name = try world.segmentFiles()[place]
        let lost = try #require(try log.shared.catalog.segment(UInt64(place + 1))).index
        await world.close()

        try Directory(world.path + "/log/default").remove(name)
        let report = try salvage(world)
        let new = try opened(world)

        for (id, all) in zip(ids, held) {
            let entries = lost.partitions[id]
            let first = entries?.entries.first?.baseOffset ?? 0
            let gone = first..<(entries?.end ?? 0)
            #expect(try offsets(of: id, in: new) == all.filter { !gone.contains($0) })
        }
        let missing = place > 0 || report.damage.contains { $0.detail == .missingSegment }
        #expect(missing || report.partitions.allSatisfy { $0.gaps.first?.reason == .damage })
        #expect(new.streams().map(\.name.text) == ["events"])
        await new.close()
    }

    @Test
    func `files that were swapped cost nothing`() async throws {
        let (world, ids) = try await closed()
        let count = try ids.map { try world.log().values(of: $0).count }
        await world.close()
        let log = try Directory(world.path + "/log/default")
        let names = try world.segmentFiles()

        try log.rename(names[0], to: "0000000000000099.mdb")
        try log.rename(names[2], to: names[0])
        _ = try salvage(world)
        let new = try opened(world)

        #expect(try ids.map { try new.values(of: $0).count } == count)
        await new.close()
    }

    @Test
    func `without the newest segment's snapshot an older one and its blocks are used`() async throws
    {
        let (world, ids) = try await closed()
        let count = try ids.map { try world.log().values(of: $0).count }
        await world.close()
        for name in try world.segmentFiles().dropFirst() { try world.destroyHeaders(of: name) }

        let report = try salvage(world)
        let new = try opened(world)

        #expect(report.damage.contains { $0.detail == .header })
        #expect(try ids.map { try new.values(of: $0).count } == count)
        await new.close()
    }

    @Test
    func `where no header is left the store gets another id`() async throws {
        let (world, ids) = try await closed()
        for name in try world.segmentFiles() { try world.destroyHeaders(of: name) }

        #expect(throws: OpenError.self) { try world.log() }
        let report = try salvage(world)
        let new = try opened(world)

        #expect(report.isIDLost)
        #expect(try new.values(of: ids[0]).count == 60)
        await new.close()
    }

    @Test
    func `a segment of another store is named and left out`() async throws {
        let (world, ids) = try await closed()
        let (other, _) = try await closed(seed: 2)
        let count = try ids.map { try world.log().values(of: $0).count }
        await world.close()
        let foreign = try other.contents(try #require(try other.segmentFiles().first))
        let log = try Directory(world.path + "/log/default")
        try log.replace("0000000000000098.mdb", with: foreign)

        let report = try salvage(world)
        let new = try opened(world)

        #expect(report.damage.contains { $0.detail == .foreign && $0.segment == 1 })
        #expect(try ids.map { try new.values(of: $0).count } == count)
        await new.close()
    }

    @Test
    func `a batch that does not verify is a gap, and is in the report`() async throws {
        let (world, ids) = try await closed()
        let log = try world.log()
        let all = try Set(log.values(of: ids[0]).map(\.0))
        let segment = try #require(try log.shared.catalog.segment(2))
        let block = segment.index.blocks[1]
        await world.close()

        try world.overwrite(
            try world.segmentFiles()[1], at: block.position + 2000, with: [1, 2, 3, 4])
        let report = try salvage(world)
        let new = try opened(world)

        let lost = try #require(report.damage.compactMap(\.batch).first)
        let id = PartitionID(lost.incarnation, UInt32(lost.partition))
        let gaps = try new.gaps(of: id)
        #expect(gaps.contains { $0.offsets == lost.offsets && $0.reason == .damage })
        #expect(try offsets(of: ids[0], in: new).isSubset(of: all))
        #expect(report.eventCount == 118)
        await new.close()
    }

    @Test
    func `of a block that was cut the batches before the cut are kept`() async throws {
        let world = try LogWorld()
        let ids = try await world.stream(partitions: 2)
        let log = try world.log()
        let appends = try (0..<8).map { number in
            Commit.Append(try largeBatch(9000), to: ids[number % 2])
        }
        _ = try await log.commit(Commit(appends: appends))
        let block = try #require(
            log.shared.view.withLock { $0.active.blocks.first { $0.byteCount > 60_000 } })
        let name = try #require(try world.segmentFiles().last)
        await world.close()

        try File(world.segmentPath(name), .writing).truncate(to: block.position + 40_000)
        let report = try salvage(world)

        #expect(report.eventCount == 4)
        #expect(report.damage.count { $0.batch != nil } == 4)
    }

    @Test
    func `a file that cannot be read is named, and the others are kept`() async throws {
        let (world, _) = try await closed()
        let log = try Directory(world.path + "/log/default")
        try log.remove(try world.segmentFiles()[1])
        // Reading a directory is refused; with many names in it, it has a length.
        let unreadable = try Directory.make(log.path(of: "0000000000000002.mdb"))
        for number in 0..<700 {
            _ = try File(unreadable.path(of: "a name that takes some place \(number)"), .creating)
        }

        let report = try salvage(world)

        #expect(report.damage.contains { if case .unreadable = $0.detail { true } else { false } })
        #expect(report.eventCount > 60)
    }

    @Test
    func `what is there is not overwritten, and an attempt before is replaced`() async throws {
        let (world, ids) = try await closed(4)
        _ = try Directory.make(world.directory.path(of: "new.salvaging/log/default"))
        let leftover = try Directory(world.directory.path(of: "new.salvaging/log/default"))
        try leftover.replace("0000000000000007.mdb", with: [1, 2, 3])

        _ = try salvage(world)

        #expect(throws: CareError.exists(path: world.directory.path(of: "new"))) {
            try salvage(world)
        }
        let new = try opened(world)
        #expect(try new.values(of: ids[0]).count == 4)
        #expect(try !Directory(world.directory.path).names().contains("new.salvaging"))
        await new.close()
    }

    @Test
    func `a store that is open, and a directory without one, are refused`() async throws {
        let (world, _) = try await closed(2)
        _ = try world.log()
        let empty = try TemporaryDirectory()

        #expect { try salvage(world) } throws: { error in
            if case CareError.open(.inUse) = error { true } else { false }
        }
        #expect(throws: CareError.nothingLeft(path: empty.path)) {
            try StreamLog.salvage(
                storeAt: empty.path, into: empty.path + "-new", random: SeededGenerator(seed: 1))
        }
        await world.close()
    }

    @Test
    func `a clone's older segments belong to it`() async throws {
        let (world, ids) = try await closed()
        try world.copyNewest()
        var configuration = world.configuration
        configuration.adoption = .cloned
        let old = try StreamLog(
            opening: world.path, configuration, clock: world.clock,
            random: SeededGenerator(seed: 7))
        _ = try await old.append(["own"], to: ids[0])
        let values = try old.values(of: ids[0]).map(\.1)
        await old.close()

        let report = try salvage(world)
        let new = try opened(world)

        #expect(report.store == old.storeID && new.storeID == old.storeID)
        #expect(try new.values(of: ids[0]).map(\.1) == values)
        await new.close()
    }
}
