import Bytes
import StreamModel
import TestKit

@testable import StreamLog

/// One of everything that the log stores, with values at the edges of what is legal.
enum FormatSamples {
    static let partition = PartitionID(StreamIncarnation(rawValue: 7), 1023)

    static func entry(position: Int = 0, length: Int = 100) -> DirectoryEntry {
        DirectoryEntry(
            partition: partition, baseOffset: 1 << 40, recordCount: 12, position: position,
            length: length, checksum: 0xDEAD_BEEF, createTimes: -5...9, appendTime: 77,
            producer: ProducerStamp(
                id: ProducerID(rawValue: 3), epoch: 2, baseSequence: .max),
            hasDoubtfulCreateTime: true)
    }

    static func header(changes: Int = 10, directory: Int = 2, block: Int = 8176) -> BlockHeader {
        BlockHeader(
            salt: 0x0123_4567_89AB_CDEF, number: BlockNumber(rawValue: 9), clock: clock, chain: 4,
            changesByteCount: changes, directoryCount: directory, blockByteCount: block)
    }

    static let clock = ClockReading(wall: -1, boot: .max, age: 3, epoch: 4)

    /// An envelope of two batches and some changes, as a block begins with.
    static func envelope() -> [UInt8] {
        var changes = ByteWriter()
        StateChange.logStart(partition, offset: 4).encode(into: &changes)
        StateChange.firstSegment(3).encode(into: &changes)
        let header = header(changes: changes.count)
        let start = header.envelopeByteCount
        var second = entry(position: start + 100, length: 200)
        second.baseOffset += 12
        return BlockEnvelope.encode(
            header, changes: changes.bytes, directory: [entry(position: start), second]
        ).bytes
    }

    static let segmentHeader = SegmentHeader(
        store: StoreID(high: 1, low: .max), segment: 42, salt: 5, pageByteCount: 4096, inode: 99,
        clock: clock, boot: 8, storageClass: "default", lastBlock: BlockNumber(rawValue: 100),
        chain: 6, snapshot: [1, 2, 3])

    static let chunk = SnapshotChunk(
        salt: 5, copy: 1, index: 0, count: 2, payload: Array(repeating: 9, count: 300))

    static func index() -> SegmentIndex {
        var index = SegmentIndex(segment: 42)
        for number in 0..<5 {
            index.blocks.append(
                SegmentIndex.Block(
                    number: BlockNumber(rawValue: UInt64(10 + number)),
                    position: 8208 + number * 8192, byteCount: 8176))
        }
        for place in 0..<3 {
            var partition = SegmentIndex.Partition(end: 50)
            for block in 0..<5 where block % (place + 1) == 0 {
                partition.entries.append(
                    SegmentIndex.Entry(
                        baseOffset: Int64(block * 10), block: block,
                        appendTime: 1_700_000_000_000 + Int64(block), createTime: -3))
            }
            index.setPartition(
                PartitionID(StreamIncarnation(rawValue: 1), UInt32(place)), partition)
        }
        return index
    }

    static func indexBytes() -> [UInt8] {
        index().encode(store: segmentHeader.store, salt: segmentHeader.salt)
    }

    static func decodedIndex(_ bytes: [UInt8]) -> SegmentIndex? {
        SegmentIndex(
            bytes, store: segmentHeader.store, salt: segmentHeader.salt, segment: 42)
    }

    // MARK: Changes

    /// A change of state with values drawn from the whole range of each field.
    static func change(_ random: inout SeededGenerator) -> StateChange {
        let id = PartitionID(incarnation(&random), UInt32.random(in: 0..<1024, using: &random))
        let producer = ProducerID(rawValue: offset(&random))
        switch Int.random(in: 0..<16, using: &random) {
        case 0: return .stream(definition(&random))
        case 1: return .streamDeleted(incarnation(&random))
        case 2: return .end(id, offset: offset(&random))
        case 3: return .logStart(id, offset: offset(&random))
        case 4: return .gap(id, gap(&random))
        case 5:
            return .producer(
                producer, epoch: .random(in: .min ... .max, using: &random),
                lastUsed: offset(&random), name: name(&random))
        case 6: return .window(producer, id, window(&random))
        case 7: return .producerExpired(producer)
        case 8:
            return .position(
                key(id, &random), Position(offset: offset(&random), metadata: random.bytes(20)))
        case 9: return .positionRemoved(key(id, &random))
        case 10:
            return .feed(
                FeedKey(incarnation: id.incarnation, name: name(&random)),
                gate: FeedGate.allCases.randomElement(using: &random) ?? .never)
        case 11: return .feedRemoved(FeedKey(incarnation: id.incarnation, name: name(&random)))
        case 12: return .firstSegment(random.next())
        case 13:
            return .clockEpoch(
                ClockEpoch(
                    number: .random(in: 0 ... .max, using: &random), boot: random.next(),
                    firstBlock: BlockNumber(rawValue: random.next()),
                    firstWall: Int64(bitPattern: random.next()),
                    previousWall: Int64(bitPattern: random.next()),
                    isWallTrusted: Bool.random(using: &random)))
        case 14:
            return .allocators(
                nextIncarnation: incarnation(&random).rawValue, nextProducer: offset(&random))
        default:
            return .formerStore(
                FormerStore(
                    StoreID(high: random.next(), low: random.next()), through: random.next()))
        }
    }

    private static func incarnation(_ random: inout SeededGenerator) -> StreamIncarnation {
        let small = UInt32.random(in: 1...3, using: &random)
        return StreamIncarnation(rawValue: Bool.random(using: &random) ? small : .max - small)
    }

    private static func offset(_ random: inout SeededGenerator) -> Int64 {
        let edges: [Int64] = [0, 1, 127, 128, LogLimits.offsetMax - 1, LogLimits.offsetMax]
        return Bool.random(using: &random)
            ? Int64.random(in: 0...1000, using: &random) : edges.randomElement(using: &random) ?? 0
    }

    private static func name(_ random: inout SeededGenerator) -> String {
        ["", "a", "größe", String(repeating: "n", count: 255)].randomElement(using: &random) ?? ""
    }

    private static func key(
        _ id: PartitionID, _ random: inout SeededGenerator
    ) -> PositionKey {
        PositionKey(
            kind: Bool.random(using: &random) ? .group : .feed, name: name(&random), partition: id)
    }

    private static func gap(_ random: inout SeededGenerator) -> Gap {
        let lower = min(offset(&random), LogLimits.offsetMax - 1)
        let length = Int64.random(in: 1...100, using: &random)
        return Gap(
            offsets: lower..<min(lower + length, LogLimits.offsetMax),
            reason: Gap.Reason.allCases.randomElement(using: &random) ?? .damage,
            time: Int64(bitPattern: random.next()))
    }

    private static func window(_ random: inout SeededGenerator) -> ProducerWindow {
        let epoch = Int16.random(in: 0...3, using: &random)
        func batch() -> ProducerWindow.Batch {
            ProducerWindow.Batch(
                baseSequence: .random(in: 0 ... .max, using: &random),
                recordCount: .random(in: 1 ... .max, using: &random), baseOffset: offset(&random))
        }
        var window = ProducerWindow(epoch: epoch, batch: batch())
        for _ in 0..<Int.random(in: 0...6, using: &random) { window.append(batch(), epoch: epoch) }
        return window
    }

    private static func definition(_ random: inout SeededGenerator) -> StreamDefinition {
        let names = ["a", "b", "c"].compactMap { try? StreamName($0) }
        return StreamDefinition(
            incarnation: incarnation(&random), name: names[Int(random.next() % 3)],
            partitionCount: .random(in: 1...1024, using: &random),
            configuration: StreamConfiguration(
                compression: Bool.random(using: &random) ? .none : .zstd,
                createTimeDistanceMax: offset(&random)),
            createdAt: Int64(bitPattern: random.next()))
    }
}
