internal import Bytes
internal import DurableFiles
internal import LMDB
internal import StreamModel

/// What was found in one segment. Which of it counts is said by the segments beside it.
struct SegmentFindings: Sendable {
    /// The last block, and where it lies.
    struct End {
        let segment: UInt64
        let block: BlockNumber
    }

    /// Of the file as such; all that counts where the segment is another store's.
    var file = VerifyReport()
    /// Of the blocks.
    var blocks = VerifyReport()
    fileprivate(set) var header: SegmentHeader?
    /// What the snapshot says of the ids that segments have.
    fileprivate(set) var lineage: StoreLineage?
    fileprivate(set) var end: End?
}

/// Reads one segment of a log.
///
/// A block is checked as soon as the pass over the pages has found it, while its bytes are still
/// near; what comes next is asked for before that, so that the disk never waits for a checksum.
struct SegmentVerifier {
    private let log: LogDirectory
    private let number: UInt64
    private let pageByteCount: Int
    private let active: LogVerifier.Active?
    private let depth: VerifyDepth
    private var findings = SegmentFindings()

    /// What a block's own bytes say, before it is known whether the block counts.
    private struct BlockFindings {
        var batchCount = 0
        var recordCount = 0
        var damage: [Damage] = []
    }

    init(
        _ number: UInt64, of log: LogDirectory, pageByteCount: Int, active: LogVerifier.Active?,
        depth: VerifyDepth
    ) {
        self.log = log
        self.number = number
        self.pageByteCount = pageByteCount
        self.active = active
        self.depth = depth
    }

    consuming func run() throws(FileFault) -> SegmentFindings {
        let file = try log.openSegment(number)
        var ahead = ReadAhead(file)
        var found: [Int: BlockFindings] = [:]
        ahead.reach(0)
        let scan = try SegmentScan(file, pageByteCount: pageByteCount) { block throws(FileFault) in
            ahead.reach(block.position)
            found[block.position] = try look(at: block, in: file)
        }
        findings.file.segmentCount = 1
        findings.file.byteCount = scan.byteCount
        for detail in scan.damage { findings.file.damage.append(damage(detail)) }
        if scan.snapshot == nil { findings.file.damage.append(damage(.snapshot)) }
        guard let header = scan.header else {
            findings.file.damage.append(damage(.header))
            return findings
        }
        findings.header = header
        if header.segment == number { findings.lineage = scan.lineage }
        try verify(scan.blocks, found, after: header, in: file)
        return findings
    }

    private mutating func verify(
        _ all: [SegmentScan.Block], _ found: [Int: BlockFindings], after header: SegmentHeader,
        in file: File
    ) throws(FileFault) {
        let end = try end()
        let blocks = all.filter { $0.envelope.header.number <= end }
        verifyChain(blocks, after: header, end: end)
        for block in blocks {
            findings.blocks.blockCount += 1
            guard let one = found[block.position] else { continue }
            findings.blocks.batchCount += one.batchCount
            findings.blocks.recordCount += one.recordCount
            findings.blocks.damage += one.damage
        }
        if number != active?.segment { try verifyTree(blocks, of: file) }
        verifyIndex(header, blocks)
        findings.end = SegmentFindings.End(
            segment: number, block: blocks.last?.envelope.header.number ?? header.lastBlock)
    }

    // MARK: A block

    private func look(
        at block: SegmentScan.Block, in file: File
    ) throws(FileFault) -> BlockFindings {
        let header = block.envelope.header
        let segment = SegmentFile(
            number: number, salt: header.salt, pageByteCount: pageByteCount, file)
        let checked = try segment.check(
            SegmentIndex.Block(
                number: header.number, position: block.position,
                byteCount: header.blockByteCount))
        var found = BlockFindings()
        if !checked.hasBothEnvelopes { found.damage.append(damage(.envelopeCopy, header.number)) }
        for batch in checked.batches {
            found.batchCount += 1
            switch batch {
            case .whole(let stored):
                found.recordCount += stored.batch.count
                if depth == .records && !canDecode(stored.batch) {
                    found.damage.append(damage(.batchMalformed, header.number))
                }
            case .damaged(let damage, _): found.damage.append(damage)
            }
        }
        return found
    }

    private func canDecode(_ batch: RecordBatch) -> Bool {
        (try? batch.validateRecords(limit: LogLimits.decodedByteCountMax)) != nil
    }

    // MARK: What is said about the blocks

    /// The last block that counts: the next segment's header says which.
    private func end() throws(FileFault) -> BlockNumber {
        if let active, active.segment == number { return active.last }
        guard try log.directory.status(of: LogDirectory.segmentName(number + 1)) != nil else {
            return .last
        }
        let file = try log.openSegment(number + 1)
        let next = try SegmentFile.header(in: file, pageByteCount: pageByteCount)
        return next?.lastBlock ?? .last
    }

    private mutating func verifyChain(
        _ blocks: [SegmentScan.Block], after header: SegmentHeader, end: BlockNumber
    ) {
        var expected = header.lastBlock.next
        var chain: UInt32? = header.chain
        for block in blocks {
            let found = block.envelope.header
            if found.number != expected {
                note(.missingBlock, expected)
                chain = nil
            }
            if let chain, chain != found.chain {
                note(.chain(expected: chain, found: found.chain), found.number)
            }
            chain = block.envelope.checksum
            expected = found.number.next
        }
        if end != .last, expected <= end { note(.missingBlock, expected) }
    }

    /// Whether LMDB's own tree leads to every block. Nothing is read through it, but a difference
    /// says that the disk changes what it holds.
    private mutating func verifyTree(
        _ blocks: [SegmentScan.Block], of file: File
    ) throws(FileFault) {
        let pages = PageFile(
            TreeSource(file: file), byteCount: try file.status().byteCount,
            pageByteCount: pageByteCount)
        let metas = [try pages.meta(0), try pages.meta(1)]
        for (copy, meta) in metas.enumerated() where meta == nil {
            note(.page(UInt64(copy), "the meta page is broken"))
        }
        let newest = metas.compactMap { $0 }.max { $0.transaction < $1.transaction }
        guard let newest else { return }
        let tree = try pages.walk(from: newest)
        for damage in tree.damage { note(.page(damage.page, damage.reason.rawValue)) }
        var known: [BlockNumber: Int] = [:]
        for entry in tree.entries {
            guard let block = ValueKey.block(entry.key), let page = entry.page else { continue }
            known[block] = pages.valuePosition(of: page)
        }
        // A process that was killed between block and meta page leaves blocks that the tree never
        // heard of. Opening the log adopts them; they are no damage.
        let newestKnown = known.keys.max() ?? BlockNumber(rawValue: 0)
        let isComplete = blocks.allSatisfy { block in
            let number = block.envelope.header.number
            return known[number] == block.position || number > newestKnown
        }
        if !isComplete && tree.damage.isEmpty {
            note(.page(newest.root, "the tree does not lead to every block"))
        }
    }

    /// Whether the stored index says of the blocks and of their batches what they say themselves.
    private mutating func verifyIndex(
        _ header: SegmentHeader, _ blocks: [SegmentScan.Block]
    ) {
        let name = LogDirectory.indexName(number)
        guard let status = try? log.directory.status(of: name),
            let file = try? File(log.directory.path(of: name), .reading),
            let bytes = try? file.read(at: 0, count: status.byteCount)
        else { return }
        var expected = SegmentIndex(segment: number)
        for block in blocks { expected.add(block.envelope, at: block.position) }
        let index = SegmentIndex(bytes, store: header.store, salt: header.salt, segment: number)
        guard let index else { return note(.index) }
        // Blocks that are gone may still be in the index, and are reported as missing already.
        let isWhole = index.blocks.count == expected.blocks.count
        if isWhole && !index.holds(expected) { note(.index) }
    }

    private mutating func note(_ detail: Damage.Detail, _ block: BlockNumber? = nil) {
        findings.blocks.damage.append(damage(detail, block))
    }

    private func damage(_ detail: Damage.Detail, _ block: BlockNumber? = nil) -> Damage {
        Damage(segment: number, path: log.path(ofSegment: number), block: block, detail)
    }
}

/// Asks the system for the part of a file that is read next.
private struct ReadAhead {
    private let file: File
    private var end = 0
    private static let stepByteCount = 4 << 20
    private static let distance = 8 << 20

    init(_ file: File) { self.file = file }

    /// The reader has come to this position.
    mutating func reach(_ position: Int) {
        while end < position + Self.distance {
            file.readAhead(end..<end + Self.stepByteCount)
            end += Self.stepByteCount
        }
    }
}
