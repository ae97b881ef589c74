import Bytes
import DurableFiles
import StreamModel
import TestKit
import Testing

@testable import StreamLog

@Suite("StreamLog: backup and restore", .proves(.offsetsAreNeverReissued))
struct BackupTests {
    let world: LogWorld
    let backup: String

    init() throws {
        world = try LogWorld()
        backup = world.directory.path(of: "backup")
    }

    /// Appends so much that some segments are closed.
    private func fill(_ id: PartitionID, _ count: Int = 30, from first: Int = 0) async throws {
        let log = try world.log()
        for number in first..<(first + count) {
            let value = "\(number) " + String(repeating: "x", count: 30_000)
            let appended = [Commit.Append(try batch([value]), to: id)]
            _ = try await log.commit(Commit(appends: appended))
        }
    }

    private func backUp(_ pin: LogPin? = nil) throws -> Backup.Report {
        let pin = if let pin { pin } else { try world.log().pin() }
        var backup = try Backup(of: world.path, pin, to: self.backup, clock: world.clock)
        try backup.copyClosed(of: pin)
        guard case .complete(let report) = try backup.complete(pin) else {
            throw CareError.nothingLeft(path: self.backup)
        }
        return report
    }

    private func restored(_ name: String = "new") async throws -> (RestoreReport, StreamLog) {
        let path = world.directory.path(of: name)
        let report = try await StreamLog.restore(
            backupAt: backup, into: path, clock: world.clock, random: SeededGenerator(seed: 5))
        let log = try StreamLog(
            opening: path, world.configuration, clock: world.clock,
            random: SeededGenerator(seed: 6))
        return (report, log)
    }

    private func names() throws -> [String] {
        try Directory(backup + "/segments").names()
    }

    @Test
    func `a restored store has what was durable when it was pinned, and jumps`() async throws {
        let id = try await world.stream()[0]
        try await fill(id)
        let key = PositionKey(kind: .group, name: "g", partition: id)
        try await world.log().perform(.setPosition(key, Position(offset: 12)))
        let pin = try world.log().pin()
        // Small enough for the segment that was pinned.
        _ = try await world.log().append(["late"], to: id)
        try await fill(id, 20, from: 31)

        _ = try backUp(pin)
        let (report, log) = try await restored()

        #expect(try log.values(of: id).map(\.0) == Array(0..<30))
        #expect(report.partitions.map(\.end) == [30] && report.damage.isEmpty)
        #expect(report.store == log.storeID)
        #expect(log.position(key)?.offset == 12)
        #expect(try log.gaps(of: id).map(\.reason) == [.unproven])
        let outcome = try await log.append(["new"], to: id)
        #expect(outcome == .appended(Offset(30 + LogLimits.offsetJump)!))
        #expect(try log.verify().isClean)
        await log.close()
        await world.close()
    }

    @Test
    func `a second backup copies what is new, and forgets what is gone`() async throws {
        let id = try await world.stream()[0]
        try await fill(id)
        let first = try backUp()
        let before = try names()
        try await fill(id, 10, from: 30)

        let second = try backUp()
        let third = try backUp()

        #expect(first.copiedCount == first.segmentCount && before.count == first.segmentCount)
        #expect(second.copiedCount == second.segmentCount - first.segmentCount + 1)
        #expect(third.copiedCount == 0)
        #expect(try names().count == second.segmentCount)
        let (_, log) = try await restored()
        #expect(try log.values(of: id).count == 40)
        await log.close()
        await world.close()
    }

    @Test
    func `a backup of a store that nobody has open changes nothing in it`() async throws {
        let id = try await world.stream()[0]
        try await fill(id)
        await world.close()
        let before = try world.segmentFiles()

        _ = try backUp(StreamLog.pin(storeAt: world.path))

        #expect(try world.segmentFiles() == before)
        let (_, log) = try await restored()
        #expect(try log.values(of: id).count == 30)
        await log.close()
    }

    @Test
    func `what an interrupted backup copied is taken over, if it is whole`() async throws {
        let id = try await world.stream()[0]
        try await fill(id)
        let all = try backUp()
        let closed = try names().filter { $0.utf8.count < 40 }
        try Directory(backup).remove("MANIFEST")
        let bad = backup + "/segments/" + closed[0]
        try File(bad, .writing).write([1, 2, 3], at: 9000)

        await #expect(throws: CareError.backup(path: backup, .incomplete)) {
            try await restored("early")
        }
        let again = try backUp()

        // The broken one, and the newest, which is never left over from before.
        #expect(again.copiedCount == 2)
        #expect(again.byteCount == all.byteCount)
        let (_, log) = try await restored()
        #expect(try log.values(of: id).count == 30)
        await log.close()
        await world.close()
    }

    @Test(.proves(.damageIsNamed), arguments: [0, 1, 2])
    func `a backup that is not what was written is refused by name`(kind: Int) async throws {
        let id = try await world.stream()[0]
        try await fill(id)
        _ = try backUp()
        await world.close()
        let place = "segments/" + (try names()[0])
        switch kind {
        case 0: try File(backup + "/" + place, .writing).write([1], at: 20_001)
        case 1: try File(backup + "/" + place, .writing).truncate(to: 8192)
        default: try Directory(backup + "/segments").remove(try names()[0])
        }

        await #expect {
            try await restored()
        } throws: { error in
            guard case CareError.backup(let path, _) = error else { return false }
            return path == backup + "/" + place
        }
        #expect(throws: CareError.self) { try StreamLog.check(backupAt: backup) }
        #expect(try !Directory(world.directory.path).names().contains("new"))
    }

    @Test(.proves(.damageIsNamed))
    func `every flipped byte of a manifest is noticed`() async throws {
        let manifest = BackupManifest(
            store: StoreID(high: 1, low: 2), pageByteCount: 4096, madeAt: 3, newestSegment: 4,
            lastBlock: 5,
            items: [
                .init(content: .segment(4, salt: 9), name: "segments/x", byteCount: 7, checksum: 8),
                .init(content: .other, name: "tables/a/b", byteCount: 0, checksum: 0),
            ])
        let bytes = manifest.encode()

        #expect(try BackupManifest(bytes) == manifest)
        for place in bytes.indices {
            var flipped = bytes
            flipped[place] ^= 0x10
            #expect(throws: BackupProblem.self) { try BackupManifest(flipped) }
            #expect(throws: BackupProblem.self) { try BackupManifest(Array(bytes[..<place])) }
        }
    }

    @Test(.proves(.hostileBytesAreHarmless))
    func `files that would hold more than there can be are no manifest`() throws {
        let one = BackupManifest(
            store: StoreID(high: 1, low: 2), pageByteCount: 4096, madeAt: 3, newestSegment: 4,
            lastBlock: 5, items: [.init(content: .other, name: "a", byteCount: .max, checksum: 0)])
        // 52 bytes of fixed length, the number of files, the file, the checksum.
        let bytes = one.encode()
        var twice = Array(bytes[..<52]) + [2] + bytes[53..<bytes.count - 4]
        twice += bytes[53..<bytes.count - 4]
        let checksum = CRC32C.checksum(twice.rawSpan)
        twice += (0..<4).map { UInt8(truncatingIfNeeded: checksum >> (24 - 8 * $0)) }

        #expect(try BackupManifest(bytes) == one)
        #expect(throws: BackupProblem.self) { try BackupManifest(twice) }
    }

    @Test(arguments: ["", "/etc/x", "../x", "a/../../x", "a//b", "./a", "a/."])
    func `a name that leads out of the store is no name`(name: String) {
        #expect(!BackupManifest.isBelow(name))
    }

    @Test
    func `damage in the store is named by the backup and again by the restore`() async throws {
        let id = try await world.stream()[0]
        try await fill(id)
        let log = try world.log()
        let block = try #require(try log.shared.catalog.segment(1)).index.blocks[2]
        await world.close()
        try world.overwrite(
            try world.segmentFiles()[0], at: block.position + 5000, with: [9, 9, 9])

        let report = try backUp(StreamLog.pin(storeAt: world.path))
        let (found, new) = try await restored()

        #expect(report.damage.count == 1 && report.damage[0].path.hasPrefix(backup))
        #expect(found.damage.count == 1 && found.damage[0].batch == report.damage[0].batch)
        #expect(try new.values(of: id).count == 29)
        await new.close()
    }

    @Test
    func `another store's backup is not written over`() async throws {
        let id = try await world.stream()[0]
        try await fill(id, 2)
        let other = try LogWorld(seed: 2)
        _ = try await other.stream()
        _ = try backUp()

        let pin = try other.log().pin()

        #expect(throws: CareError.backup(path: backup, .otherStore(try world.log().storeID))) {
            try Backup(of: other.path, pin, to: backup)
        }
        await other.close()
        await world.close()
    }

    @Test
    func `a segment that retention took asks for a new pin`() async throws {
        let id = try await world.stream()[0]
        try await fill(id)
        let pin = try world.log().pin()
        try Directory(world.path + "/log/default").remove(try world.segmentFiles()[0])

        var started = try Backup(of: world.path, pin, to: backup)
        try started.copyClosed(of: pin)

        #expect(try started.complete(pin) == .movedOn)
        #expect(try !Directory(backup).names().contains("MANIFEST"))
        await world.close()
    }
}
