import Bytes
import StreamModel
import TestKit
import Testing

@testable import StreamLog

@Suite("StreamLog: what is stored can be read")
struct FormatLaws {
    @Test
    func `fixed parts are as long as their drawings say`() throws {
        var header = ByteWriter()
        FormatSamples.header().encode(into: &header)
        var entry = ByteWriter()
        FormatSamples.entry().encode(into: &entry)

        #expect(header.count == BlockHeader.byteCount && header.count == 72)
        #expect(entry.count == DirectoryEntry.byteCount && entry.count == 72)
        #expect(FormatSamples.segmentHeader.encode().count == 148)
        #expect(FormatSamples.chunk.encode().count == FormatSamples.chunk.byteCount)
        #expect(BlockEnvelope.footer(envelopeByteCount: 1, blockByteCount: 2).count == 16)
    }

    @Test
    func `every part reads back as it was written`() throws {
        var header = ByteWriter()
        FormatSamples.header().encode(into: &header)
        var entry = ByteWriter()
        FormatSamples.entry(position: 500).encode(into: &entry)

        var headerReader = ByteReader(header.bytes.rawSpan)
        #expect(try BlockHeader(&headerReader) == FormatSamples.header())
        var entryReader = ByteReader(entry.bytes.rawSpan)
        let read = try DirectoryEntry(&entryReader, blockByteCount: 600)
        #expect(read == FormatSamples.entry(position: 500))
        #expect(
            try SegmentHeader(FormatSamples.segmentHeader.encode().rawSpan)
                == FormatSamples.segmentHeader)
        #expect(SnapshotChunk(FormatSamples.chunk.encode().rawSpan) == FormatSamples.chunk)
        #expect(FormatSamples.decodedIndex(FormatSamples.indexBytes()) == FormatSamples.index())
    }

    @Test
    func `an envelope reads back with its changes and directory`() throws {
        let bytes = FormatSamples.envelope()

        let envelope = try BlockEnvelope((bytes + [1, 2, 3]).rawSpan)

        #expect(
            envelope.changes
                == [.logStart(FormatSamples.partition, offset: 4), .firstSegment(3)])
        #expect(envelope.directory.map(\.length) == [100, 200])
        let again = BlockEnvelope.encode(
            envelope.header, changes: encoded(envelope.changes), directory: envelope.directory)
        #expect(again.bytes == bytes && again.checksum == envelope.checksum)
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `every change of state reads back as it was written`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let changes = (0..<100).map { _ in FormatSamples.change(&random) }
        let bytes = encoded(changes)

        var reader = ByteReader(bytes.rawSpan)
        var read: [StateChange] = []
        while !reader.isAtEnd { read.append(try StateChange(&reader)) }

        #expect(read == changes)
    }

    /// A snapshot is what the state says of itself: reading it and writing it again changes
    /// nothing, whatever history made the state.
    @Test(arguments: 0..<40 as Range<UInt64>)
    func `a snapshot makes the state that it was made of`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var state = LogState()
        for _ in 0..<60 { state.apply([FormatSamples.change(&random)]) }

        let snapshot = state.encodeSnapshot()
        let read = try LogState(
            snapshot: snapshot, after: BlockNumber(rawValue: 7), chain: 3,
            clock: FormatSamples.clock)

        #expect(read.encodeSnapshot() == snapshot)
        #expect(read.nextBlock == BlockNumber(rawValue: 8) && read.chain == 3)
    }

    @Test(arguments: [
        0, 1, SnapshotChunk.payloadByteCountMax, SnapshotChunk.payloadByteCountMax + 1,
    ])
    func `a snapshot of any length is cut and put together`(count: Int) {
        let snapshot = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }

        let chunks = SnapshotChunk.chunks(of: snapshot, salt: 1, copy: 0)

        #expect(chunks.flatMap(\.payload) == snapshot)
        #expect(chunks.map(\.index) == Array(0..<chunks.count))
        #expect(chunks.allSatisfy { $0.count == chunks.count })
        #expect(chunks.allSatisfy { SnapshotChunk($0.encode().rawSpan) == $0 })
    }

    private func encoded(_ changes: [StateChange]) -> [UInt8] {
        var writer = ByteWriter()
        for change in changes { change.encode(into: &writer) }
        return writer.bytes
    }
}
