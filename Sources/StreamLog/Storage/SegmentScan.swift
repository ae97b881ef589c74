internal import Bytes
internal import DurableFiles

/// What a pass over all pages of a segment file finds, without asking the tree.
///
/// Every value of a segment owns its pages and begins with a magic number, so header, snapshot and
/// blocks are found even when LMDB's meta, branch and leaf pages are gone. Nothing is believed
/// before its checksum has been compared.
struct SegmentScan: Sendable {
    /// A block whose envelope is whole.
    struct Block: Sendable {
        let envelope: BlockEnvelope
        let position: Int
    }

    private(set) var header: SegmentHeader?
    /// A header of a format that this program does not know.
    private(set) var unknownVersion: UInt16?
    private(set) var snapshot: [UInt8]?
    /// What the values of this segment have in common; nil where nothing was found.
    private(set) var salt: UInt64?
    /// In the order of their numbers, each number once, all of this segment.
    private(set) var blocks: [Block] = []
    /// Copies of header, snapshot and envelopes that are broken while another copy is whole.
    private(set) var damage: [Damage.Detail] = []
    let byteCount: Int

    private var chunks: [SnapshotChunk] = []
    private var headerCopies = 0

    /// Reads the file from its third page on; the first two are LMDB's meta pages.
    ///
    /// `met` is told of each block as soon as it is found, before it is known whether the block is
    /// one of this segment.
    init(
        _ file: File, pageByteCount: Int, cutBlocks: ScanPass.CutBlocks = .ignore,
        _ met: (Block) throws(FileFault) -> Void = { _ throws(FileFault) in }
    ) throws(FileFault) {
        byteCount = try file.status().byteCount
        var pass = ScanPass(
            file: file, pageByteCount: pageByteCount, pageCount: byteCount / pageByteCount,
            cutBlocks: cutBlocks)
        while let value = try pass.next() {
            note(value)
            if case .block = value, let block = blocks.last { try met(block) }
        }
        settle()
    }

    private mutating func note(_ value: ScanPass.Value) {
        switch value {
        case .header(let header):
            headerCopies += 1
            self.header = self.header ?? header
        case .unknownVersion(let version): unknownVersion = version
        case .chunk(let chunk): chunks.append(chunk)
        case .block(let envelope, let position):
            blocks.append(Block(envelope: envelope, position: position))
        case .damage(let detail): damage.append(detail)
        }
    }

    /// The last block of the segment before this one, as far as this one tells.
    var predecessorEnd: BlockNumber? {
        header?.lastBlock ?? blocks.first?.envelope.header.number.previous
    }

    /// Throws out what belongs to another segment, and puts the rest in order.
    private mutating func settle() {
        salt = header?.salt ?? mostCommonSalt()
        chunks.removeAll { $0.salt != salt }
        blocks.removeAll { $0.envelope.header.salt != salt }
        blocks.sort { $0.envelope.header.number < $1.envelope.header.number }
        var last: BlockNumber?
        blocks.removeAll { block in
            defer { last = block.envelope.header.number }
            return block.envelope.header.number == last
        }
        snapshot = assembledSnapshot()
        let chunkCount = chunks.first?.count ?? 0
        if header != nil, headerCopies < 2 { damage.append(.headerCopy) }
        if snapshot != nil, chunks.count < 2 * chunkCount { damage.append(.snapshotCopy) }
        chunks = []
    }

    private func mostCommonSalt() -> UInt64? {
        if let chunk = chunks.first { return chunk.salt }
        var counts: [UInt64: Int] = [:]
        for block in blocks { counts[block.envelope.header.salt, default: 0] += 1 }
        return counts.max { $0.value < $1.value }?.key
    }

    /// Each chunk from whichever copy is whole. Nil when a chunk is missing, or they don't fit the
    /// header.
    private func assembledSnapshot() -> [UInt8]? {
        guard let count = chunks.first?.count else { return nil }
        var snapshot: [UInt8] = []
        for index in 0..<count {
            guard let chunk = chunks.first(where: { $0.index == index && $0.count == count })
            else { return nil }
            snapshot += chunk.payload
        }
        guard let header else { return snapshot }
        let fits =
            header.snapshotByteCount == snapshot.count
            && header.snapshotChecksum == CRC32C.checksum(snapshot.rawSpan)
        return fits ? snapshot : nil
    }
}

extension SegmentScan {
    /// The ids of the store, as far as the segment knows them.
    var lineage: StoreLineage? {
        guard let header else { return nil }
        let state = snapshot.flatMap {
            try? LogState(
                snapshot: $0, after: header.lastBlock, chain: header.chain, clock: header.clock)
        }
        return StoreLineage(current: header.store, former: state?.formerStores ?? [])
    }
}
