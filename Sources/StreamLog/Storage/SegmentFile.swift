internal import Bytes
internal import DurableFiles
internal import LMDB
package import StreamModel

/// A segment that is read: closed for ever, or the active one's blocks that are durable.
final class SegmentFile: Sendable {
    let number: UInt64
    let salt: UInt64
    let pageByteCount: Int
    private let file: File

    var path: String { file.path }

    init(number: UInt64, salt: UInt64, pageByteCount: Int, _ file: File) {
        self.number = number
        self.salt = salt
        self.pageByteCount = pageByteCount
        self.file = file
    }

    /// The first whole copy of the header, or nil when there is none.
    static func header(in file: File, pageByteCount: Int) throws(FileFault) -> SegmentHeader? {
        let pageCount = try file.status().byteCount / pageByteCount
        // The header is the first thing written, so it is among the first pages.
        var pass = ScanPass(
            file: file, pageByteCount: pageByteCount, pageCount: min(pageCount, 16))
        while let value = try pass.next() {
            if case .header(let header) = value { return header }
        }
        return nil
    }

    /// A block's batches of one partition from `offset` on, each checked.
    ///
    /// Batches stand in the order of their offsets. What is broken stands as damage in its place.
    func batches(
        of partition: PartitionID, from offset: Int64, in block: SegmentIndex.Block
    ) throws(FileFault) -> [CheckedBatch] {
        let content = try BlockContent(of: block, in: self)
        guard let envelope = content.envelope else {
            return [.damaged(damage(block.number, content.missing), nil)]
        }
        var result: [CheckedBatch] = []
        for entry in envelope.directory
        where entry.partition == partition && entry.endOffset > offset {
            result.append(try check(entry, content))
        }
        return result
    }

    /// All batches of a block, for whoever reads everything.
    func allBatches(in block: SegmentIndex.Block) throws(FileFault) -> [CheckedBatch] {
        let content = try BlockContent(of: block, in: self)
        guard let envelope = content.envelope else {
            return [.damaged(damage(block.number, content.missing), nil)]
        }
        var result: [CheckedBatch] = []
        for entry in envelope.directory { result.append(try check(entry, content)) }
        return result
    }

    /// Whether both copies of a block's envelope are whole.
    func hasBothEnvelopes(_ block: SegmentIndex.Block) throws(FileFault) -> Bool {
        let trailing = try BlockContent.trailingEnvelope(of: block, in: self)
        guard let trailing = trailing.acceptable(block, self) else { return false }
        let count = trailing.header.envelopeByteCount
        let bytes = try read(at: block.position, count: count).bytes
        return (try? BlockEnvelope(bytes.rawSpan)) == trailing
    }

    func read(
        at position: Int, count: Int
    ) throws(FileFault) -> (bytes: [UInt8], fault: FileFault?) {
        try file.readAround(at: position, count: count)
    }

    private func check(
        _ entry: DirectoryEntry, _ content: BlockContent
    ) throws(FileFault) -> CheckedBatch {
        let number = content.block.number
        let (bytes, fault) = try content.bytes(of: entry)
        func broken(_ detail: Damage.Detail) -> CheckedBatch {
            .damaged(damage(number, Damage.Detail(unreadable: fault) ?? detail, entry), entry)
        }
        guard bytes.count == entry.length else { return broken(.batchMalformed) }
        let found = DirectoryEntry.checksum(
            of: number, entry.partition, baseOffset: entry.baseOffset, head: bytes)
        guard found == entry.checksum else {
            return broken(.batchChecksum(expected: entry.checksum, found: found))
        }
        do {
            let batch = try RecordBatch(compacted: bytes)
            guard batch.header.baseOffset == entry.baseOffset,
                Int(batch.header.lastOffsetDelta) + 1 == entry.recordCount
            else { return broken(.batchMalformed) }
            return .whole(
                StoredBatch(
                    partition: entry.partition, batch: batch, appendTime: entry.appendTime,
                    hasDoubtfulCreateTime: entry.hasDoubtfulCreateTime))
        } catch .checksumMismatch(let expected, let found) {
            return broken(.batchChecksum(expected: expected, found: found))
        } catch {
            return broken(.batchMalformed)
        }
    }

    private func damage(
        _ block: BlockNumber, _ detail: Damage.Detail, _ entry: DirectoryEntry? = nil
    ) -> Damage {
        let batch = entry.map { entry in
            Damage.Batch(
                incarnation: entry.partition.incarnation, partition: Int(entry.partition.index),
                offsets: entry.baseOffset..<entry.endOffset)
        }
        return Damage(segment: number, path: path, block: block, batch: batch, detail)
    }
}

/// A batch as it was read, after its checksums were compared.
enum CheckedBatch: Sendable {
    case whole(StoredBatch)
    case damaged(Damage, DirectoryEntry?)
}

/// A batch in its place.
package struct StoredBatch: Sendable {
    /// The partition it lies in.
    package let partition: PartitionID
    /// The batch as its producer made it.
    package let batch: RecordBatch
    /// When the store took it: milliseconds since 1970, UTC, as the machine believed.
    package let appendTime: Int64
    /// Whether a search by create time goes by the append time instead.
    let hasDoubtfulCreateTime: Bool

    init(
        partition: PartitionID, batch: RecordBatch, appendTime: Int64, hasDoubtfulCreateTime: Bool
    ) {
        self.partition = partition
        self.batch = batch
        self.appendTime = appendTime
        self.hasDoubtfulCreateTime = hasDoubtfulCreateTime
    }

    /// A batch that somebody else has read, for whom its times are what they are.
    package init(partition: PartitionID, batch: RecordBatch, appendTime: Int64) {
        self.init(
            partition: partition, batch: batch, appendTime: appendTime,
            hasDoubtfulCreateTime: false)
    }
}

/// A block's bytes: all of them where it is small, the envelope and what is asked for elsewhere.
private struct BlockContent {
    let block: SegmentIndex.Block
    let segment: SegmentFile
    let envelope: BlockEnvelope?
    /// Why there is no envelope.
    var missing: Damage.Detail { Damage.Detail(unreadable: fault) ?? .missingBlock }
    private let bytes: [UInt8]
    /// Set where not all of the bytes, or of an envelope, could be read.
    private var fault: FileFault?

    /// Up to this size a block is read in one call.
    private static let wholeByteCountMax = 256 << 10
    private static let headByteCount = 16 << 10

    init(of block: SegmentIndex.Block, in segment: SegmentFile) throws(FileFault) {
        self.block = block
        self.segment = segment
        let isSmall = block.byteCount <= Self.wholeByteCountMax
        var (bytes, fault) = try segment.read(
            at: block.position, count: isSmall ? block.byteCount : Self.headByteCount)
        var reader = ByteReader(bytes.rawSpan)
        if let header = try? BlockHeader(&reader), header.envelopeByteCount > bytes.count,
            header.envelopeByteCount <= block.byteCount
        {
            (bytes, fault) = try segment.read(
                at: block.position, count: header.envelopeByteCount)
        }
        let first = try? BlockEnvelope(bytes.rawSpan)
        self.bytes = bytes
        self.fault = fault
        if let whole = first.acceptable(block, segment) {
            self.envelope = whole
        } else {
            let trailing = try BlockContent.trailingEnvelope(of: block, in: segment)
            self.envelope = trailing.acceptable(block, segment)
        }
    }

    static func trailingEnvelope(
        of block: SegmentIndex.Block, in segment: SegmentFile
    ) throws(FileFault) -> BlockEnvelope? {
        let end = block.position + block.byteCount
        let footer = try segment.read(
            at: end - BlockEnvelope.footerByteCount, count: BlockEnvelope.footerByteCount
        ).bytes
        guard let lengths = BlockEnvelope.lengths(inFooter: footer.rawSpan),
            lengths.block == block.byteCount
        else { return nil }
        let start = end - BlockEnvelope.footerByteCount - lengths.envelope
        guard start >= block.position else { return nil }
        let bytes = try segment.read(at: start, count: lengths.envelope).bytes
        return try? BlockEnvelope(bytes.rawSpan)
    }

    /// The bytes of a batch, fewer where the file ends; and why some of them may be zeros.
    func bytes(
        of entry: DirectoryEntry
    ) throws(FileFault) -> (bytes: ArraySlice<UInt8>, fault: FileFault?) {
        let end = entry.position + entry.length
        if end <= bytes.count { return (bytes[entry.position..<end], fault) }
        let found = try segment.read(at: block.position + entry.position, count: entry.length)
        return (found.bytes[...], found.fault)
    }
}

extension Damage.Detail {
    /// Nil where there was no fault.
    fileprivate init?(unreadable fault: FileFault?) {
        guard let fault else { return nil }
        self = .unreadable(.file(fault))
    }
}

extension BlockEnvelope? {
    /// Self, if it is the envelope of that block of that segment.
    fileprivate func acceptable(
        _ block: SegmentIndex.Block, _ segment: SegmentFile
    ) -> BlockEnvelope? {
        guard let self, self.header.number == block.number, self.header.salt == segment.salt,
            self.header.blockByteCount == block.byteCount
        else { return nil }
        return self
    }
}
