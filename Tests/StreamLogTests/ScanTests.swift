import Bytes
import DurableFiles
import StreamModel
import Synchronization
import TestKit
import Testing

@testable import StreamLog

@Suite("StreamLog: opening a file whose tree is not believed", .proves(.damageIsNamed))
struct ScanTests {
    /// A batch whose value lies so in its block that one of its pages begins with `forged`.
    private func forging(_ forged: [UInt8], pages: Int) throws -> RecordBatch {
        var builder = RecordBatchBuilder()
        // The block's envelope and the batch's and record's heads, and LMDB's page header.
        let before = BlockHeader.byteCount + DirectoryEntry.byteCount + 4 + 61 + 10 + 16
        var value = [UInt8](repeating: 1, count: 4096 - before + 16)
        for _ in 0..<pages {
            value += forged + [UInt8](repeating: 2, count: 4096 - forged.count)
        }
        try builder.append(key: nil, value: value, timestamp: Timestamp(milliseconds: 0))
        return builder.finish()
    }

    /// A whole block of another segment that says it is as long as a block may be.
    private func forgedBlock() -> [UInt8] {
        let length = (1 << 20) - 16
        let header = BlockHeader(
            salt: 0xBAD, number: BlockNumber(rawValue: 1), clock: FormatSamples.clock, chain: 0,
            changesByteCount: 0, directoryCount: 0, blockByteCount: length)
        return BlockEnvelope.encode(header, changes: [], directory: []).bytes
    }

    private func forgedChunk() -> [UInt8] {
        SnapshotChunk(salt: 0xBAD, copy: 0, index: 0, count: 1, payload: [1, 2, 3]).encode()
    }

    @Test(arguments: [true, false])
    func `a block inside a payload hides none of those behind it`(isBlock: Bool) async throws {
        let world = try LogWorld { $0.segmentByteCount = 4 << 20 }
        let id = try await world.stream()[0]
        let log = try world.log()
        let forged = isBlock ? forgedBlock() : forgedChunk()
        _ = try await log.commit(Commit(appends: [.init(try forging(forged, pages: 3), to: id)]))
        for number in 0..<300 { _ = try await log.append(["event \(number)"], to: id) }
        let block = try #require(
            log.shared.view.withLock { $0.active.blocks.first { $0.byteCount > 12_000 } })
        let name = try #require(try world.segmentFiles().last)
        await world.close()
        let bytes = try world.contents(name)
        let pages = stride(from: 0, to: bytes.count, by: 4096).filter { page in
            Array(bytes[page...].dropFirst(16).prefix(forged.count)) == forged
        }
        #expect(pages.count == 3)

        // The first envelope is gone, so the scan looks into the payload for the second.
        try world.overwrite(name, at: block.position, with: [0, 0, 0, 0])
        let again = try world.log()

        #expect(try again.values(of: id).count == 301)
        #expect(try again.gaps(of: id) == [])
        await world.close()
    }

    @Test
    func `without both headers what a payload says is still not believed`() async throws {
        let world = try LogWorld { $0.segmentByteCount = 4 << 20 }
        let id = try await world.stream()[0]
        let log = try await world.reopen()
        for _ in 0..<3 {
            let batch = try forging(forgedBlock(), pages: 3)
            _ = try await log.commit(Commit(appends: [.init(batch, to: id)]))
        }
        let name = try #require(try world.segmentFiles().last)
        await world.close()
        try world.destroyHeaders(of: name)

        let again = try world.log()

        #expect(try again.bounds(of: id).upperBound == 3)
        let next = try await again.append(["next"], to: id)
        #expect(next == .appended(Offset(3)!))
        await world.close()
    }

    @Test(.proves(.offsetsAreNeverReissued))
    func `a segment cut anywhere opens, and issues nothing twice`() async throws {
        let world = try LogWorld()
        let id = try await world.stream()[0]
        for number in 0..<6 { _ = try await world.log().append(["event \(number)"], to: id) }
        let name = try #require(try world.segmentFiles().last)
        await world.close()
        let whole = try world.contents(name)

        for count in stride(from: whole.count - 4096, through: 16 * 4096, by: -4096) {
            try world.keepOnly([name], of: whole, count: count)
            let log: StreamLog
            do { log = try world.log() } catch { continue }
            let served = try log.values(of: id)
            #expect(served.allSatisfy { $0.1 == "event \($0.0)" })
            let next = try await log.append(["after"], to: id)
            guard case .appended(let offset) = next else {
                Issue.record("no offset at \(count)")
                continue
            }
            #expect(offset.rawValue >= 6)
            await world.close()
        }
    }

    @Test(.proves(.offsetsAreNeverReissued))
    func `a newest segment that is gone is missed, and nothing is issued twice`() async throws {
        let world = try LogWorld()
        let id = try await world.stream()[0]
        for _ in 0..<2 {
            for _ in 0..<3 { _ = try await world.log().append(["event"], to: id) }
            await world.close()
        }
        let newest = try #require(try world.segmentFiles().last)
        try Directory(world.path + "/log/default").remove(newest)

        let log = try world.log()
        let next = try await log.append(["after"], to: id)

        #expect(next != .appended(Offset(3)!))
        #expect(try log.bounds(of: id).upperBound > 6)
        #expect(log.damageFound.contains { $0.detail == .missingSegment })
        await world.close()
    }
}

extension LogWorld {
    func contents(_ name: String) throws -> [UInt8] {
        let file = try File(segmentPath(name), .reading)
        return try file.read(at: 0, count: try file.status().byteCount)
    }

    /// Breaks both copies of a segment's header.
    func destroyHeaders(of name: String) throws {
        let bytes = try contents(name)
        var magic = ByteWriter()
        magic.append(bigEndian: SegmentHeader.magic)
        for page in stride(from: 0, to: bytes.count, by: 4096)
        where Array(bytes[page...].dropFirst(16).prefix(4)) == magic.bytes {
            try overwrite(name, at: page + 40, with: [0xEE])
        }
    }

    /// Removes all segments but one, and makes that one hold the first bytes of `whole`.
    func keepOnly(_ names: [String], of whole: [UInt8], count: Int) throws {
        let directory = try Directory(path + "/log/default")
        for name in try directory.names() where !names.contains(name) { try directory.remove(name) }
        for name in names {
            let file = try File(segmentPath(name), .writing)
            try file.truncate(to: 0)
            try file.write(Array(whole.prefix(count)), at: 0)
        }
    }
}
