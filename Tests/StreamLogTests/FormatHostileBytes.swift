import Bytes
import StreamModel
import TestKit
import Testing

@testable import StreamLog

@Suite("StreamLog: hostile bytes on the disk", .proves(.hostileBytesAreHarmless))
struct FormatHostileBytes {
    /// Something stored that ends with the checksum of all before it, and whether it is believed.
    struct Sealed: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let isBelieved: @Sendable ([UInt8]) -> Bool

        /// The bytes with a right checksum again.
        func sealed(_ bytes: [UInt8]) -> [UInt8] {
            var writer = ByteWriter()
            writer.append(bytes.dropLast(4))
            writer.append(bigEndian: CRC32C.checksum(writer.bytes.rawSpan))
            return writer.bytes
        }
    }

    static let all = [
        Sealed(testDescription: "segment header", bytes: FormatSamples.segmentHeader.encode()) {
            (try? SegmentHeader($0.rawSpan)) != nil
        },
        Sealed(testDescription: "snapshot chunk", bytes: FormatSamples.chunk.encode()) {
            SnapshotChunk($0.rawSpan) != nil
        },
        Sealed(testDescription: "envelope", bytes: FormatSamples.envelope()) {
            (try? BlockEnvelope($0.rawSpan)) != nil
        },
        Sealed(testDescription: "index", bytes: FormatSamples.indexBytes()) {
            FormatSamples.decodedIndex($0) != nil
        },
        Sealed(
            testDescription: "footer",
            bytes: BlockEnvelope.footer(envelopeByteCount: 300, blockByteCount: 8176)
        ) { BlockEnvelope.lengths(inFooter: $0.rawSpan) != nil },
    ]

    @Test(arguments: all)
    func `every prefix is refused`(_ stored: Sealed) {
        #expect(stored.isBelieved(stored.bytes))
        for count in stored.bytes.indices {
            #expect(!stored.isBelieved(Array(stored.bytes.prefix(count))), "\(count) bytes")
        }
    }

    @Test(arguments: all)
    func `every flipped bit is found`(_ stored: Sealed) {
        for position in stored.bytes.indices {
            for bit in 0..<8 {
                var changed = stored.bytes
                changed[position] ^= 1 << bit
                #expect(!stored.isBelieved(changed), "byte \(position), bit \(bit)")
            }
        }
    }

    /// Somebody may know how to make a checksum. What they write may be believed, but never traps.
    @Test(arguments: all)
    func `fields that lie under a right checksum trap nobody`(_ stored: Sealed) {
        let lies: [[UInt8]] = [
            [0xFF, 0xFF, 0xFF, 0xFF], [0x7F, 0xFF, 0xFF, 0xFF], [0x80, 0, 0, 0], [0, 0, 0, 0],
            [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 1],
            [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
        ]
        var believed = 0
        for position in stored.bytes.indices.dropLast(4) {
            for lie in lies {
                var changed = stored.bytes
                for (place, byte) in lie.enumerated() where position + place < changed.count - 4 {
                    changed[position + place] = byte
                }
                if stored.isBelieved(stored.sealed(changed)) { believed += 1 }
            }
        }
        #expect(believed < stored.bytes.count * lies.count)
    }

    @Test(arguments: all)
    func `random bytes are refused`(_ stored: Sealed) {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<200 {
            let bytes = random.bytes(Int.random(in: 0...400, using: &random))
            #expect(!stored.isBelieved(bytes))
        }
    }

    @Test
    func `a header that promises more than a block may have is none`() throws {
        for header in [
            FormatSamples.header(block: LogLimits.blockByteCountMax + 1),
            FormatSamples.header(changes: 5000), FormatSamples.header(directory: .init(UInt32.max)),
            FormatSamples.header(changes: .init(UInt32.max), block: .init(UInt32.max)),
        ] {
            var writer = ByteWriter()
            header.encode(into: &writer)
            var reader = ByteReader(writer.bytes.rawSpan)
            #expect(try BlockHeader(&reader) == nil)
        }
    }

    @Test
    func `every prefix of a header or an entry is refused`() {
        var header = ByteWriter()
        FormatSamples.header().encode(into: &header)
        var entry = ByteWriter()
        FormatSamples.entry().encode(into: &entry)
        for count in 0..<72 {
            let head = Array(header.bytes.prefix(count))
            var headReader = ByteReader(head.rawSpan)
            #expect((try? BlockHeader(&headReader)) == nil)
            let short = Array(entry.bytes.prefix(count))
            var entryReader = ByteReader(short.rawSpan)
            #expect((try? DirectoryEntry(&entryReader, blockByteCount: 8176)) == nil)
        }
    }

    @Test
    func `an entry never reaches out of its block, nor past the last offset`() throws {
        var writer = ByteWriter()
        FormatSamples.entry().encode(into: &writer)
        for position in writer.bytes.indices {
            for byte in [0, 0x7F, 0x80, 0xFF] as [UInt8] {
                var changed = writer.bytes
                changed[position] = byte
                var reader = ByteReader(changed.rawSpan)
                guard let read = try DirectoryEntry(&reader, blockByteCount: 8176) else { continue }
                #expect(read.position + read.length <= 8176)
                #expect(read.baseOffset >= 0 && read.endOffset <= LogLimits.offsetMax)
                #expect(read.partition.index < 1024 && read.recordCount > 0)
            }
        }
    }

    /// Batches that overlap would be served twice, and read for ever.
    @Test(arguments: [-1, 1, 100, -100])
    func `a directory whose batches are not one behind the other is refused`(shift: Int) {
        let header = FormatSamples.header(changes: 0)
        let start = header.envelopeByteCount
        var second = FormatSamples.entry(position: start + 100 + shift, length: 200)
        second.baseOffset += 12
        let bytes = BlockEnvelope.encode(
            header, changes: [], directory: [FormatSamples.entry(position: start), second]
        ).bytes

        #expect(throws: BlockEnvelope.Problem.malformed) { try BlockEnvelope(bytes.rawSpan) }
    }

    @Test
    func `a directory that says more than its block holds is refused`() {
        let header = FormatSamples.header(changes: 0, directory: 1, block: 4080)
        let start = header.envelopeByteCount
        let length = 4080 - start - header.envelopeByteCount - BlockEnvelope.footerByteCount
        for (more, isLegal) in [(0, true), (1, false), (start, false)] {
            let entry = FormatSamples.entry(position: start, length: length + more)
            let bytes = BlockEnvelope.encode(header, changes: [], directory: [entry]).bytes
            #expect(((try? BlockEnvelope(bytes.rawSpan)) != nil) == isLegal, "\(more) more")
        }
    }

    @Test
    func `a directory in which offsets go back is refused`() {
        let header = FormatSamples.header(changes: 0)
        let start = header.envelopeByteCount
        let entries = [start, start + 100].map { FormatSamples.entry(position: $0) }
        let bytes = BlockEnvelope.encode(header, changes: [], directory: entries).bytes

        #expect(throws: BlockEnvelope.Problem.malformed) { try BlockEnvelope(bytes.rawSpan) }
    }

    // MARK: Changes of state

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `every prefix of a change is refused, and every flipped bit traps nobody`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<16 {
            var writer = ByteWriter()
            FormatSamples.change(&random).encode(into: &writer)
            for count in writer.bytes.indices {
                let prefix = Array(writer.bytes.prefix(count))
                var reader = ByteReader(prefix.rawSpan)
                #expect((try? StateChange(&reader)) == nil)
            }
            for position in writer.bytes.indices {
                var changed = writer.bytes
                changed[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                check(changed)
            }
        }
    }

    /// What can be read can be written and read again, and the state can take it.
    private func check(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes.rawSpan)
        guard let change = try? StateChange(&reader) else { return }
        var writer = ByteWriter()
        change.encode(into: &writer)
        var again = ByteReader(writer.bytes.rawSpan)
        #expect((try? StateChange(&again)) == change)
        var state = LogState()
        state.apply([change])
        #expect((try? LogState(
            snapshot: state.encodeSnapshot(), after: BlockNumber(rawValue: 0), chain: 0,
            clock: FormatSamples.clock)) != nil)
    }

    @Test
    func `a block in which a producer's epoch goes back is folded without a trap`() throws {
        var state = LogState()
        var entry = FormatSamples.entry()
        for epoch in [5, 3, 6] as [Int16] {
            entry.producer = ProducerStamp(
                id: ProducerID(rawValue: 3), epoch: epoch, baseSequence: 0)
            state.apply(entry)
        }
        #expect(state.window(of: ProducerID(rawValue: 3), in: entry.partition)?.epoch == 6)
    }
}
