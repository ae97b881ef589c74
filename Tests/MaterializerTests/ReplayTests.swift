import DeltaTable
import Foundation
import JSONFlattening
import StreamLog
import StreamModel
import TestKit
import Testing

@testable import Materializer

@Suite("Materializer: replay and proof", .proves(.landsOnce))
struct ReplayTests {
    let world: TableWorld

    init() throws { world = try TableWorld() }

    private func store(
        _ root: String, _ bounds: [Range<Int64>]
    ) async throws -> ReplayStore {
        let log = try world.log()
        return try ReplayStore(
            root, store: log.storeID,
            stream: try log.stream(named: StreamName(TableWorld.stream)), bounds: bounds
        ) { (id, offset, byteCount) throws(ReadError) in
            try log.read(id, from: Offset(unchecked: offset), byteCount: byteCount, .reportGap)
        }
    }

    private func replay(_ root: String, _ bounds: [Range<Int64>]) async throws -> Replay {
        var definition = try world.definition()
        definition.root = root
        let random = Draws()
        return Replay(
            definition, try await store(root, bounds), clock: world.clock,
            random: { random.next() })
    }

    @Test
    func `a range that is replayed twice gives the same rows`() async throws {
        let partitions = try await world.partitions(2)
        for id in partitions {
            try await world.append((0..<40).map { #"{"n":\#($0),"f":\#($0).5}"# }, to: id)
        }
        var rows: [[[String: String]]] = []
        for name in ["once", "again"] {
            let root = world.directory.path + "/" + name
            _ = try await replay(root, [10..<40, 0..<20]).run { _, _ in }
            rows.append(try await world.rows(at: root))
        }

        #expect(rows[0] == rows[1])
        #expect(rows[0].count == 50)
        await world.close()
    }

    @Test
    func `a replay that is started again keeps its bounds and adds nothing`() async throws {
        let partitions = try await world.partitions()
        try await world.append((0..<10).map { #"{"n":\#($0)}"# }, to: partitions[0])
        let root = world.directory.path + "/replayed"
        _ = try await replay(root, [2..<5]).run { _, _ in }

        let again = try await store(root, [0..<10])
        _ = try await replay(root, [0..<10]).run { _, _ in }

        #expect(again.isResumed)
        #expect(again.offsetCount == 3)
        #expect(try await world.rows(at: root).compactMap { $0["_offset"] } == ["2", "3", "4"])
        await world.close()
    }

    @Test
    func `the proof counts rows, quarantine and gaps, and finds what is lost or twice`()
        async throws
    {
        let partitions = try await world.partitions()
        try await world.append([#"{"a":1}"#, "{", #"{"a":3}"#, #"{"a":4}"#], to: partitions[0])
        let gap = Gap(offsets: 0..<1, reason: .damage, time: 0)
        _ = try await world.log().perform(.recordGap(partitions[0], gap))
        _ = try await world.runner().flush(byteCount: 1 << 20)
        let surroundings = Surroundings(now: { 0 }, random: { 7 })
        let prover = Prover(world.root, surroundings)

        let whole = try await prover.proofs { _ in [0..<1] }
        let unexplained = try await prover.proofs { _ in [] }
        // The file's rows once more, by somebody who copied it.
        var table = try await Table.open(in: LocalStorage(world.root), surroundings)
        let file = try await table.files()[0]
        let copy = file.path + ".copy.parquet"
        try FileManager.default.copyItem(
            atPath: world.root + "/" + file.path, toPath: world.root + "/" + copy)
        let added = AddFile(
            path: copy, partitionValues: [:], byteCount: file.byteCount, modificationTime: 0,
            statistics: file.statistics)
        _ = try await table.commit(Append(files: [added], schema: table.schema))
        let doubled = try await prover.proofs { _ in [0..<1] }

        #expect(whole.map(\.isWhole) == [true])
        #expect(whole[0].partitions[0].rows == 2)
        #expect(whole[0].partitions[0].quarantined == 1)
        #expect(whole[0].partitions[0].missing == 1)
        #expect(unexplained[0].partitions[0].lost == [0..<1])
        #expect(doubled[0].partitions[0].twice == 2)
        await world.close()
    }
}

@Suite("Materializer: offsets seen")
struct OffsetSetLaws {
    @Test(arguments: 0..<10 as Range<UInt64>)
    func `a set of offsets is one of numbers`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var set = OffsetSet()
        var naive: Set<Int64> = []
        let base = Int64.random(in: 0...200_000, using: &generator)
        for _ in 0..<3_000 {
            let offset = base + Int64.random(in: 0...4_000, using: &generator)
            let isNew = set.insert(offset)
            let isNewNaively = naive.insert(offset).inserted
            #expect(isNew == isNewNaively)
        }
        let range = base - 0..<base + 4_100
        let missing = set.missing(in: range).flatMap { Array($0) }

        #expect(set.count == Int64(naive.count))
        #expect(missing == range.filter { !naive.contains($0) })
        let isTaken = set.insert(-1)
        #expect(!isTaken)
    }

    @Test
    func `a full piece takes no bits and forgets nothing`() {
        var set = OffsetSet()
        for offset in 0..<70_000 as Range<Int64> { _ = set.insert(offset) }

        #expect(set.missing(in: 0..<70_002) == [70_000..<70_002])
        let isNew = set.insert(5)
        #expect(!isNew)
        #expect(set.contains(65_535))
    }
}
