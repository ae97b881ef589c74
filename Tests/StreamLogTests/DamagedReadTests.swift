import DurableFiles
import StreamModel
import TestKit
import Testing

@testable import StreamLog

@Suite("StreamLog: reading beside damage", .proves(.damageIsNamed))
struct DamagedReadTests {
    @Test
    func `a batch that does not fit a read is not lost to damage behind it`() async throws {
        let world = try LogWorld { $0.recentByteCount = 1 }
        let id = try await world.stream()[0]
        let batches = try ["first", "second", "third"].map { try batch([$0]) }
        _ = try await world.log().commit(
            Commit(appends: batches.map { Commit.Append($0, to: id) }))
        let log = try await world.reopen()
        let path = try #require(log.segmentPaths().first)
        let bytes = try File(path, .reading).read(at: 0, count: 256 << 10)
        let place = try #require(bytes.firstRange(of: Array("third".utf8))?.lowerBound)
        try File(path, .writing).write([0], at: place)

        let first = try log.read(id, from: .start, byteCount: batches[0].byteCount + 1)
        let rest = try log.values(of: id, from: first.next.rawValue)
        await world.close()

        #expect(first.next.rawValue == 1)
        #expect(rest.map(\.1) == ["second"])
    }

    /// Where the events of a read come from.
    enum Place: CaseIterable { case memory, active, closed }

    /// Three batches of two events, and a log that finds them there.
    private func filled(_ place: Place) async throws -> (LogWorld, PartitionID) {
        let world = try LogWorld { if place != .memory { $0.recentByteCount = 1 } }
        let id = try await world.stream()[0]
        for first in [0, 2, 4] {
            _ = try await world.log().append(["event \(first)", "event \(first + 1)"], to: id)
        }
        if place == .closed { _ = try await world.reopen() }
        return (world, id)
    }

    private func gaps(
        _ log: StreamLog, _ id: PartitionID, from offset: Int64
    ) throws -> [Range<Int64>] {
        try log.items(of: id, from: offset).compactMap { item in
            if case .gap(let gap) = item { gap.offsets } else { nil }
        }
    }

    @Test(.proves(.resumesWhereCommitted), arguments: Place.allCases)
    func `what was declared lost is never served, wherever a read begins`(
        place: Place
    ) async throws {
        let (world, id) = try await filled(place)
        let log = try world.log()
        let gap = Gap(offsets: 2..<4, reason: .damage, time: 0)
        _ = try await log.commit(Commit(requests: [.recordGap(id, gap)]))

        #expect(try log.values(of: id).map(\.0) == [0, 1, 4, 5])
        #expect(try log.values(of: id, from: 3).map(\.0) == [4, 5])
        #expect(try gaps(log, id, from: 0) == [2..<4])
        #expect(try gaps(log, id, from: 3) == [3..<4])
        await world.close()
    }

    /// The bytes of one batch cannot be served without those of its events that are lost.
    @Test(arguments: Place.allCases)
    func `a batch of which a part was declared lost is lost`(place: Place) async throws {
        let (world, id) = try await filled(place)
        let log = try world.log()
        let gap = Gap(offsets: 3..<4, reason: .damage, time: 0)
        _ = try await log.commit(Commit(requests: [.recordGap(id, gap)]))

        let values = try log.values(of: id).map(\.0)
        // Behind the request that the read has made.
        _ = try await log.append(["6"], to: id)

        #expect(values == [0, 1, 4, 5])
        #expect(try log.gaps(of: id).map(\.offsets) == [2..<4])
        await world.close()
    }

    @Test(.proves(.resumesWhereCommitted))
    func `a batch that was found broken from its middle on stays lost from its beginning on`()
        async throws
    {
        let (world, id) = try await filled(.closed)
        let log = try world.log()
        let path = try #require(log.segmentPaths().first)
        let bytes = try File(path, .reading).read(at: 0, count: 256 << 10)
        let place = try #require(bytes.firstRange(of: Array("event 2".utf8))?.lowerBound)

        try File(path, .writing).write([0], at: place)
        let broken = try log.values(of: id, from: 3).map(\.0)
        try File(path, .writing).write([UInt8(ascii: "e")], at: place)
        _ = try await log.append(["6"], to: id)
        let mended = try log.values(of: id).map(\.0)
        await world.close()

        #expect(broken == [4, 5])
        #expect(mended == [0, 1, 4, 5, 6])
    }
}
