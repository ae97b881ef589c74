import StreamModel
import TestKit
import Testing

@testable import StreamLog

@Suite("StreamLog: batches that share a block")
struct SharedBlockTests {
    @Test
    func `batches of one partition in one block are all there after a reopen`() async throws {
        let world = try LogWorld()
        let id = try await world.stream()[0]
        let batches = try (0..<5).map { try batch(["\($0) a", "\($0) b"]) }
        let together = Commit(appends: batches.map { .init($0, to: id) })
        _ = try await world.log().commit(together)
        let before = try world.log().values(of: id)

        let log = try await world.reopen()

        #expect(try log.values(of: id).map(\.1) == before.map(\.1))
        #expect(before.count == 10)
        #expect(try log.gaps(of: id) == [])
        await world.close()
    }
}
