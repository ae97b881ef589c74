internal import Bytes

/// All of a commit block but its batches: header, changes of state, directory and checksum.
///
///     ┌────────┬─────────┬───────────┬─────┬─────────┬─────────┬──────────┬────────┐
///     │ header │ changes │ directory │ crc │ batches │ padding │ envelope │ footer │
///     └────────┴─────────┴───────────┴─────┴─────────┴─────────┴──────────┴────────┘
///     └────────── envelope ──────────────┘                      the same   16 bytes
///                                                               bytes again
///     footer  0       4          8       12    16
///             ┌───────┬──────────┬───────┬─────┐
///             │ magic │ envelope │ block │ crc │  the checksum covers the twelve bytes before it
///             │       │ bytes    │ bytes │     │
///             └───────┴──────────┴───────┴─────┘
///
/// The envelope stands twice so that a lost sector or a flipped bit in it costs no batch. A block's
/// value fills whole pages, so the padding takes nothing that would be free otherwise, and the
/// footer is found at the end of a page even when the block's beginning is gone.
struct BlockEnvelope: Equatable, Sendable {
    static let footerByteCount = 16
    static let footerMagic: UInt32 = 0x4D52_454E  // "MREN"

    let header: BlockHeader
    let changes: [StateChange]
    let directory: [DirectoryEntry]
    /// The checksum of header, changes and directory: the next block's chain value.
    let checksum: UInt32

    init(
        header: BlockHeader, changes: [StateChange], directory: [DirectoryEntry],
        checksum: UInt32
    ) {
        self.header = header
        self.changes = changes
        self.directory = directory
        self.checksum = checksum
    }

    /// What went wrong with bytes that began like a block.
    enum Problem: Error, Equatable {
        case notABlock
        case checksum(expected: UInt32, found: UInt32)
        case malformed
    }

    /// Reads an envelope that begins at the start of `bytes`, which may go on beyond it.
    init(_ bytes: RawSpan) throws(Problem) {
        var reader = ByteReader(bytes)
        guard let header = try? BlockHeader(&reader) else { throw .notABlock }
        let count = header.envelopeByteCount
        guard count <= bytes.byteCount else { throw .notABlock }
        let covered = CRC32C.checksum(bytes.extracting(0..<(count - 4)))
        var end = ByteReader(bytes.extracting((count - 4)..<count))
        guard let stored = try? end.integer(as: UInt32.self) else { throw .malformed }
        guard covered == stored else { throw .checksum(expected: stored, found: covered) }
        do {
            var inside = try reader.slice(header.changesByteCount)
            var changes: [StateChange] = []
            while !inside.isAtEnd { changes.append(try StateChange(&inside)) }
            self.changes = changes
            self.directory = try Self.directory(&reader, header)
        } catch {
            throw .malformed
        }
        self.header = header
        self.checksum = covered
    }

    /// The entries, if the batches they name lie one behind the other between the two envelopes,
    /// and those of a partition in the order of their offsets: nothing can be read twice.
    private static func directory(
        _ reader: inout ByteReader, _ header: BlockHeader
    ) throws -> [DirectoryEntry] {
        var directory: [DirectoryEntry] = []
        directory.reserveCapacity(header.directoryCount)
        var position = header.envelopeByteCount
        var ends: [PartitionID: Int64] = [:]
        for _ in 0..<header.directoryCount {
            guard let entry = try DirectoryEntry(&reader, blockByteCount: header.blockByteCount),
                entry.position == position, entry.baseOffset >= ends[entry.partition] ?? 0
            else { throw Problem.malformed }
            position += entry.length
            if header.directoryCount > 1 { ends[entry.partition] = entry.endOffset }
            directory.append(entry)
        }
        let tail = header.envelopeByteCount + footerByteCount
        guard position <= header.blockByteCount - tail else { throw Problem.malformed }
        return directory
    }

    /// How long the value of a block is, so that it fills whole pages.
    static func blockByteCount(
        changes: Int, directoryCount: Int, batches: Int, pageByteCount: Int
    ) -> Int {
        let envelope =
            BlockHeader.byteCount + changes + directoryCount * DirectoryEntry.byteCount + 4
        let content = 2 * envelope + batches + footerByteCount + StoredPage.headerByteCount
        let pages = (content + pageByteCount - 1) / pageByteCount
        return pages * pageByteCount - StoredPage.headerByteCount
    }

    /// The envelope's bytes.
    static func encode(
        _ header: BlockHeader, changes: [UInt8], directory: [DirectoryEntry]
    ) -> (bytes: [UInt8], checksum: UInt32) {
        var writer = ByteWriter(reserving: header.envelopeByteCount)
        header.encode(into: &writer)
        writer.append(changes)
        for entry in directory { entry.encode(into: &writer) }
        let checksum = CRC32C.checksum(writer.bytes.rawSpan)
        writer.append(bigEndian: checksum)
        assert(writer.count == header.envelopeByteCount, "the envelope is not as long as it says")
        return (writer.bytes, checksum)
    }

    static func footer(envelopeByteCount: Int, blockByteCount: Int) -> [UInt8] {
        var writer = ByteWriter(reserving: footerByteCount)
        writer.append(bigEndian: footerMagic)
        writer.append(bigEndian: UInt32(envelopeByteCount))
        writer.append(bigEndian: UInt32(blockByteCount))
        writer.append(bigEndian: CRC32C.checksum(writer.bytes.rawSpan))
        return writer.bytes
    }

    /// The lengths that a footer names, when it is one.
    static func lengths(inFooter bytes: RawSpan) -> (envelope: Int, block: Int)? {
        guard bytes.byteCount == footerByteCount else { return nil }
        var reader = ByteReader(bytes)
        guard (try? reader.integer(as: UInt32.self)) == footerMagic,
            let envelope = try? reader.integer(as: UInt32.self),
            let block = try? reader.integer(as: UInt32.self),
            let stored = try? reader.integer(as: UInt32.self),
            stored == CRC32C.checksum(bytes.extracting(0..<(footerByteCount - 4))),
            envelope <= block, block <= LogLimits.blockByteCountMax
        else { return nil }
        return (Int(envelope), Int(block))
    }
}

/// How a value with pages of its own lies in them.
enum StoredPage {
    /// LMDB's page header, which stands before the value in its first page.
    static let headerByteCount = 16
}
