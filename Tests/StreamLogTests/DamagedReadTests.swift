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
}
