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
            return [.damaged(damage(block.number, .missingBlock), nil)]
        }
        var result: [CheckedBatch] = []
        for entry in envelope.directory
        where entry.partition == partition && entry.endOffset > offset {
            result.append(try check(entry, content))
        }
        return result
    }

    /// All of a block, for whoever reads everything.
    func check(_ block: SegmentIndex.Block) throws(FileFault) -> CheckedBlock {
        let content = try BlockContent(of: block, in: self, .whole)
        guard let envelope = content.envelope else {
            let damage = damage(block.number, .missingBlock)
            return CheckedBlock(hasBothEnvelopes: false, batches: [.damaged(damage, nil)])
        }
        var batches: [CheckedBatch] = []
        for entry in envelope.directory { batches.append(try check(entry, content)) }
        return CheckedBlock(hasBothEnvelopes: try content.hasBothEnvelopes(), batches: batches)
    }

    func read(at position: Int, count: Int) throws(FileFault) -> [UInt8] {
        try file.read(at: position, count: count)
    }

    private func check(
        _ entry: DirectoryEntry, _ content: BlockContent
    ) throws(FileFault) -> CheckedBatch {
        let number = content.block.number
        let bytes = try content.bytes(of: entry)
        guard bytes.count == entry.length else {
            return .damaged(damage(number, .batchMalformed, entry), entry)
        }
        let found = DirectoryEntry.checksum(
            of: number, entry.partition, baseOffset: entry.baseOffset, head: bytes)
        guard found == entry.checksum else {
            let detail = Damage.Detail.batchChecksum(expected: entry.checksum, found: found)
            return .damaged(damage(number, detail, entry), entry)
        }
        do {
            let batch = try RecordBatch(compacted: bytes)
            guard batch.header.baseOffset == entry.baseOffset,
                Int(batch.header.lastOffsetDelta) + 1 == entry.recordCount
            else { return .damaged(damage(number, .batchMalformed, entry), entry) }
            return .whole(
                StoredBatch(
                    partition: entry.partition, batch: batch, appendTime: entry.appendTime,
                    hasDoubtfulCreateTime: entry.hasDoubtfulCreateTime))
        } catch .checksumMismatch(let expected, let found) {
            let detail = Damage.Detail.batchChecksum(expected: expected, found: found)
            return .damaged(damage(number, detail, entry), entry)
        } catch {
            return .damaged(damage(number, .batchMalformed, entry), entry)
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

/// A block of which everything was read.
struct CheckedBlock: Sendable {
    /// Whether both copies of its envelope are whole.
    let hasBothEnvelopes: Bool
    /// In the order of the directory. What is broken stands as damage in its place.
    let batches: [CheckedBatch]
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

/// A block's bytes: all of them where it is small or all is asked for, the envelope and single
/// batches elsewhere.
private struct BlockContent {
    /// What of a block is wanted.
    enum Extent { case whole, some }

    let block: SegmentIndex.Block
    let segment: SegmentFile
    private(set) var envelope: BlockEnvelope?
    private var bytes: [UInt8]

    /// Up to this size a block is read in one call.
    private static let wholeByteCountMax = 256 << 10
    private static let headByteCount = 16 << 10

    init(
        of block: SegmentIndex.Block, in segment: SegmentFile, _ extent: Extent = .some
    ) throws(FileFault) {
        self.block = block
        self.segment = segment
        let isWhole = extent == .whole || block.byteCount <= Self.wholeByteCountMax
        bytes = try segment.read(
            at: block.position, count: isWhole ? block.byteCount : Self.headByteCount)
        var reader = ByteReader(bytes.rawSpan)
        if let header = try? BlockHeader(&reader), header.envelopeByteCount > bytes.count,
            header.envelopeByteCount <= block.byteCount
        {
            bytes = try segment.read(at: block.position, count: header.envelopeByteCount)
        }
        envelope = leading
        if envelope == nil { envelope = try trailing() }
    }

    func hasBothEnvelopes() throws(FileFault) -> Bool {
        guard let trailing = try trailing() else { return false }
        return leading == trailing
    }

    private var leading: BlockEnvelope? {
        (try? BlockEnvelope(bytes.rawSpan)).acceptable(block, segment)
    }

    private func trailing() throws(FileFault) -> BlockEnvelope? {
        let end = block.byteCount - BlockEnvelope.footerByteCount
        let footer = try read(at: end, count: BlockEnvelope.footerByteCount)
        guard let lengths = BlockEnvelope.lengths(inFooter: footer.rawSpan),
            lengths.block == block.byteCount, lengths.envelope <= end
        else { return nil }
        let bytes = try read(at: end - lengths.envelope, count: lengths.envelope)
        return (try? BlockEnvelope(bytes.rawSpan)).acceptable(block, segment)
    }

    /// The bytes of a batch; fewer where the file ends.
    func bytes(of entry: DirectoryEntry) throws(FileFault) -> ArraySlice<UInt8> {
        try read(at: entry.position, count: entry.length)
    }

    /// From the block's beginning on.
    private func read(at position: Int, count: Int) throws(FileFault) -> ArraySlice<UInt8> {
        if position + count <= bytes.count { return bytes[position..<position + count] }
        return try segment.read(at: block.position + position, count: count)[...]
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
