import Bytes
import DurableFiles
import StreamModel
import TestKit
import Testing

@testable import StreamLog

/// A roll writes `N+1.mdb.tmp`, renames it, syncs the directory, and writes `N.idx`. What a machine
/// that stops after each of these steps leaves behind is made here by hand; `powercut` and `fault`
/// stop the real one.
@Suite("StreamLog: a roll that was interrupted", .proves(.acknowledgedIsDurable))
struct RollTests {
    /// A store whose last roll has just been done, and the bytes of the newest segment.
    private func rolled() async throws -> (LogWorld, PartitionID, newest: [UInt8]) {
        let world = try LogWorld()
        let id = try await world.stream()[0]
        let log = try world.log()
        var number = 0
        while log.statistics().segmentCount < 3 {
            _ = try await log.append(["event \(number)" + Self.filler], to: id)
            number += 1
        }
        log.shared.finishBackground()
        await world.close()
        let name = try #require(try world.segmentFiles().last)
        return (world, id, try world.contents(name))
    }

    private static let filler = String(repeating: "x", count: 5000)

    /// Everything is there, nothing twice, and the log goes on.
    private func check(_ world: LogWorld, _ id: PartitionID, count: Int) async throws {
        let log = try world.log()
        let values = try log.values(of: id)
        #expect(values.map(\.0) == Array(0..<Int64(count)))
        #expect(values.allSatisfy { $0.1 == "event \($0.0)" + Self.filler })
        #expect(try await log.append(["after"], to: id) == .appended(Offset(Int64(count))!))
        #expect(try log.gaps(of: id) == [])
        #expect(try log.verify().damage == [])
        let names = try Directory(world.path + "/log/default").names()
        #expect(!names.contains { $0.hasSuffix(".tmp") })
        await world.close()
    }

    @Test(arguments: [0, 1, 4096, 8192, 3 * 4096 + 17, 8 * 4096, .max])
    func `while the new segment was written`(byteCount: Int) async throws {
        let (world, id, newest) = try await rolled()
        let files = try world.segmentFiles()
        // The newest has one block, which the machine had not written yet: back to its roll.
        let count = try world.log().values(of: id).count
        await world.close()
        let directory = try Directory(world.path + "/log/default")
        let next = LogDirectory.segmentName(UInt64(files.count + 2))
        try directory.replace(next + ".tmp", with: Array(newest.prefix(byteCount)))

        try await check(world, id, count: count)
    }

    @Test
    func `before the index of the closed segment was written`() async throws {
        let (world, id, _) = try await rolled()
        let directory = try Directory(world.path + "/log/default")
        let count = try world.log().values(of: id).count
        await world.close()
        for name in try directory.names() where name.hasSuffix(".idx") {
            try directory.remove(name)
        }

        try await check(world, id, count: count)
    }

    @Test
    func `while the index of the closed segment was written`() async throws {
        let (world, id, _) = try await rolled()
        let directory = try Directory(world.path + "/log/default")
        let count = try world.log().values(of: id).count
        await world.close()
        for name in try directory.names() where name.hasSuffix(".idx") {
            let file = try File(directory.path(of: name), .reading)
            let bytes = try file.read(at: 0, count: try file.status().byteCount)
            try directory.replace(name + ".1.1.tmp", with: Array(bytes.prefix(bytes.count / 2)))
            try directory.remove(name)
        }

        try await check(world, id, count: count)
    }

    /// The rename may be on the device or not: with it the new segment is empty, without it the
    /// closed one is the newest.
    @Test(arguments: [true, false])
    func `around the rename`(isRenamed: Bool) async throws {
        let (world, id, _) = try await rolled()
        _ = try world.log()
        await world.close()
        let count = try world.log().values(of: id).count
        await world.close()
        let directory = try Directory(world.path + "/log/default")
        let newest = try #require(try world.segmentFiles().last)
        if !isRenamed {
            try directory.rename(newest, to: newest + ".tmp")
            // The index of the closed segment is made after the directory was synced.
            let closed = try #require(try world.segmentFiles().last)
            try directory.remove(closed.dropLast(4) + ".idx")
        }

        try await check(world, id, count: count)
    }

    @Test(.proves(.damageIsNamed), .proves(.offsetsAreNeverReissued))
    func `a renamed segment that is broken is damage, and offsets jump`() async throws {
        let (world, id, _) = try await rolled()
        _ = try await world.log().append(["last"], to: id)
        let end = try world.log().bounds(of: id).upperBound
        await world.close()
        let newest = try #require(try world.segmentFiles().last)
        let length = try world.contents(newest).count
        try world.overwrite(newest, at: 0, with: Array(repeating: 0, count: length))

        let log = try world.log()
        let next = try await log.append(["after"], to: id)

        guard case .appended(let offset) = next else { return }
        #expect(offset.rawValue >= end)
        #expect(!log.damageFound.isEmpty)
        #expect(try log.gaps(of: id).map(\.reason) == [.unproven])
        await world.close()
    }
}
