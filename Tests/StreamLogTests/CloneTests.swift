import DurableFiles
import StreamModel
import Synchronization
import TestKit
import Testing

@testable import StreamLog

@Suite("StreamLog: copies, clones and foreign files")
struct CloneTests {
    private static let filler = String(repeating: "x", count: 30_000)

    /// A store of several segments whose newest is not the file it was written as.
    private func copied(seed: UInt64 = 1) async throws -> (LogWorld, PartitionID) {
        let world = try LogWorld(seed: seed)
        let id = try await world.stream()[0]
        for number in 0..<30 {
            let large = try largeBatch(30_000 + number)
            _ = try await world.log().commit(Commit(appends: [.init(large, to: id)]))
        }
        await world.close()
        try world.copyNewest()
        return (world, id)
    }

    private func open(
        _ world: LogWorld, _ adoption: LogConfiguration.Adoption, seed: UInt64 = 9
    ) throws -> StreamLog {
        var configuration = world.configuration
        configuration.adoption = adoption
        return try StreamLog(
            opening: world.path, configuration, clock: world.clock,
            random: SeededGenerator(seed: seed))
    }

    @Test
    func `a copy is refused until somebody says what it is`() async throws {
        let (world, id) = try await copied()

        #expect(throws: OpenError.self) { try world.log() }

        let moved = try open(world, .moved)
        #expect(try moved.bounds(of: id).upperBound == 30 + LogLimits.offsetJump)
        await moved.close()
    }

    @Test(.proves(.damageIsNamed))
    func `a clone reads what its former store wrote and verifies clean`() async throws {
        let (world, id) = try await copied()
        let former = try #require(
            try SegmentFile.header(
                in: LogDirectory(existingIn: world.path).openSegment(1), pageByteCount: 4096))
        let clone = try open(world, .cloned)
        #expect(clone.storeID != former.store)
        _ = try await clone.append(["own"], to: id)
        await clone.close()

        let again = try world.log()

        #expect(again.storeID == clone.storeID)
        #expect(try again.items(of: id).count == 31)
        #expect(try again.verify().isClean)
        #expect(again.shared.view.withLock { $0.state.formerStores.map(\.store) } == [former.store])
        await world.close()
        #expect(try StreamLog.verify(storeAt: world.path).isClean)
    }

    @Test
    func `a clone of a clone knows both, until their segments are gone`() async throws {
        let (world, id) = try await copied()
        let first = try open(world, .cloned)
        for _ in 0..<20 {
            _ = try await first.commit(
                Commit(appends: [.init(try largeBatch(30_000), to: id)]))
        }
        await first.close()
        try world.copyNewest()
        let second = try open(world, .cloned, seed: 10)
        _ = try await second.append(["own"], to: id)

        #expect(second.shared.view.withLock { $0.state.formerStores.count } == 2)
        #expect(try second.items(of: id).count == 51)
        #expect(try second.verify().isClean)
        await second.close()
        var state = LogState()
        state.apply([
            .formerStore(FormerStore(first.storeID, through: 3)), .firstSegment(4),
        ])
        #expect(state.formerStores == [])
    }

    @Test(.proves(.damageIsNamed))
    func `a segment of another store is named and never served`() async throws {
        let (world, id) = try await copied()
        let (other, _) = try await copied(seed: 2)
        let stolen = LogDirectory.segmentName(2)
        try world.directory.copy(other.segmentPath(stolen), to: world.segmentPath(stolen))
        let index = try Directory(world.path + "/log/default")
        try index.remove(LogDirectory.indexName(2))

        let log = try open(world, .moved)
        let items = try log.items(of: id)

        let isNamed = items.contains { item in
            if case .gap(let gap) = item { gap.reason == .damage } else { false }
        }
        #expect(isNamed)
        #expect(log.damageFound.contains { $0.segment == 2 && $0.detail == .foreign })
        #expect(try log.verify().damage.contains { $0.segment == 2 && $0.detail == .foreign })
        await log.close()
    }
}

extension LogWorld {
    /// Puts a copy in the place of the newest segment's file.
    func copyNewest() throws {
        guard let newest = try segmentFiles().last else { return }
        try directory.copy(segmentPath(newest), to: segmentPath(newest))
    }
}

extension TemporaryDirectory {
    /// Makes `path` a new file with the bytes of another, or of what it was itself.
    func copy(_ source: String, to path: String) throws {
        let file = try File(source, .reading)
        let bytes = try file.read(at: 0, count: try file.status().byteCount)
        let parent = try Directory(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
        let name = String(path[path.index(after: path.lastIndex(of: "/") ?? path.startIndex)...])
        try parent.replace(name, with: bytes)
    }
}
