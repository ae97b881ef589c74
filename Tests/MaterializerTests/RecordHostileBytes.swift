import Bytes
import DeltaTable
import TestKit
import Testing

@testable import Materializer

@Suite("Materializer: what the log remembers, as bytes", .proves(.hostileBytesAreHarmless))
struct RecordHostileBytes {
    static let plan = Plan(
        serial: 9,
        ranges: [PartitionRange(0, 5..<9), PartitionRange(3, 0..<(1 << 40))],
        commits: [
            PlannedCommit(table: .quarantine, files: [], rowCount: 0),
            PlannedCommit(
                table: .child("tags"),
                files: [
                    AddFile(
                        path: "part-1.parquet", partitionValues: ["day": "1", "x": nil],
                        byteCount: 77, modificationTime: -1,
                        statistics: #"{"numRecords":3}"#)
                ], rowCount: 3),
            PlannedCommit(
                table: .parent,
                files: [
                    AddFile(
                        path: "ä", partitionValues: [:], byteCount: 0, modificationTime: 0,
                        statistics: nil)
                ], rowCount: 1),
        ], counts: EventTally(events: 4, rescued: 3, quarantined: 2, missing: 1),
        newestAppend: -7)

    static let progress = FeedProgress(
        tables: [
            TableMemory(
                table: .parent,
                position: TablePosition(tableID: "id", version: 3, transactionID: "t"),
                reached: [4, nil, 0]),
            TableMemory(
                table: .child("a"),
                position: TablePosition(tableID: "", version: 0, transactionID: nil)),
        ], plan: plan, isPlanDone: false)

    static let memory: FeedMemory = {
        var memory = FeedMemory(
            generation: 4, mapping: Array("{}".utf8),
            growth: [
                GrowthEntry(change: [1, 2, 3], starts: [0, 7]), GrowthEntry(change: [], starts: []),
            ])
        memory.rebuild = RebuildIntent(generation: 3, mapping: [7], bounds: [0..<9, 2..<2])
        memory.configured = [1, 2]
        return memory
    }()

    @Test
    func `what is written is read back`() throws {
        #expect(try FeedProgress(decoding: Self.progress.encoded()) == Self.progress)
        #expect(try FeedMemory(decoding: Self.memory.encoded()) == Self.memory)
        #expect(try FeedProgress(decoding: FeedProgress().encoded()) == FeedProgress())
    }

    @Test
    func `every prefix and every flipped bit is an error`() {
        for whole in [Self.progress.encoded(), Self.memory.encoded()] {
            for count in 0..<whole.count {
                expectRefusal(of: Array(whole.prefix(count)))
            }
            for position in whole.indices {
                for bit in 0..<8 {
                    var changed = whole
                    changed[position] ^= 1 << bit
                    expectRefusal(of: changed)
                }
            }
        }
    }

    private func expectRefusal(of bytes: [UInt8]) {
        #expect((try? FeedProgress(decoding: bytes)) == nil)
        #expect((try? FeedMemory(decoding: bytes)) == nil)
    }

    /// With a checksum that matches, so that the decoders below it meet the nonsense.
    @Test(arguments: 0..<8 as Range<UInt64>)
    func `nonsense behind a right checksum is an error or a value that can be written again`(
        seed: UInt64
    ) throws {
        var generator = SeededGenerator(seed: seed)
        let bodies = [Self.progress.encoded(), Self.memory.encoded()].map { Array($0[9...]) }
        for _ in 0..<2_000 {
            let which = Int.random(in: 0...1, using: &generator)
            var body = bodies[which]
            for _ in 0...Int.random(in: 0...3, using: &generator) {
                let position = Int.random(in: body.indices, using: &generator)
                body[position] = UInt8.random(in: 0...255, using: &generator)
            }
            if Bool.random(using: &generator) {
                body.removeLast(Int.random(in: 0..<body.count, using: &generator))
            }
            let kind = which == 0 ? RecordKind.progress : .memory
            let bytes = RecordEnvelope.wrap(kind, body)
            if let read = try? FeedProgress(decoding: bytes) {
                #expect(try FeedProgress(decoding: read.encoded()) == read)
            }
            if let read = try? FeedMemory(decoding: bytes) {
                #expect(try FeedMemory(decoding: read.encoded()) == read)
            }
        }
    }

    @Test
    func `a plan out of order is refused`() {
        let ranges = [PartitionRange(3, 0..<1), PartitionRange(0, 0..<1)]
        let plan = Plan(
            serial: 1, ranges: ranges, commits: [], counts: EventTally(), newestAppend: nil)
        let bytes = FeedProgress(plan: plan).encoded()

        #expect(throws: RecordError.self) { try FeedProgress(decoding: bytes) }
    }
}

@Suite("Materializer: records in pieces")
struct RecordChunksLaws {
    @Test
    func `a record of any size comes back from its pieces, which fit a position each`() throws {
        let most = RecordChunks.byteCountMax
        for count in [0, 1, most - 1, most, most + 1, 3 * most, most * RecordChunks.countMax] {
            let record = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let pieces = try RecordChunks.split(record)

            #expect(pieces.allSatisfy { $0.count <= 64 << 10 })
            // A longer record of before has left pieces behind.
            let left = pieces + [[9, 9, 9], [1, 2]]
            #expect(try RecordChunks.join { $0 < left.count ? left[$0] : nil } == record)
        }
        #expect(throws: RecordError.self) {
            try RecordChunks.split([UInt8](repeating: 0, count: most * RecordChunks.countMax + 1))
        }
    }

    @Test
    func `a piece that is missing or out of place is an error`() throws {
        let record = [UInt8](repeating: 5, count: RecordChunks.byteCountMax * 2 + 5)
        let pieces = try RecordChunks.split(record)

        for missing in 1..<pieces.count {
            #expect(throws: RecordError.self) {
                try RecordChunks.join { $0 == missing ? nil : pieces[$0] }
            }
            #expect(throws: RecordError.self) {
                try RecordChunks.join { pieces[$0 == missing ? 0 : $0] }
            }
        }
        #expect(try RecordChunks.join { _ in nil } == nil)
    }
}
