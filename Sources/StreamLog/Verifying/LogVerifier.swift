internal import Bytes
internal import DurableFiles
internal import LMDB
internal import StreamModel

/// Reads everything of a log and compares it with everything that was ever said about it: both
/// copies of headers, snapshots and envelopes, the chain, every batch, LMDB's tree and the indexes.
///
/// It writes nothing, and reads with `pread` alone, so it may run beside the log's writer.
struct LogVerifier {
    private let log: LogDirectory
    private let pageByteCount: Int
    /// Of a log that is being written: the active segment, and the last block that is durable.
    private let active: Active?
    private var report = VerifyReport()
    private var before: (header: SegmentHeader, last: BlockNumber, chain: UInt32)?
    /// What the newest whole snapshot says of the ids that segments have.
    private var lineage: StoreLineage?

    struct Active {
        let segment: UInt64
        let last: BlockNumber
    }

    init(_ log: LogDirectory, pageByteCount: Int, active: Active?) {
        self.log = log
        self.pageByteCount = pageByteCount
        self.active = active
    }

    /// `progress` is told after each segment how many of how many are done.
    consuming func run(
        _ segments: [UInt64], progress: (Int, Int) -> Void
    ) throws(FileFault) -> VerifyReport {
        guard let first = segments.first, let last = segments.last else { return report }
        lineage = try lineage(of: segments)
        var done = 0
        for number in first...last where number <= active?.segment ?? .max {
            if segments.contains(number) {
                try verify(number)
            } else {
                note(number, .missingSegment)
                before = nil
            }
            done += 1
            progress(done, segments.count)
        }
        return report
    }

    private mutating func verify(_ number: UInt64) throws(FileFault) {
        do throws(FileFault) {
            let file = try log.openSegment(number)
            let scan = try SegmentScan(file, pageByteCount: pageByteCount)
            report.segmentCount += 1
            report.byteCount += scan.byteCount
            try verify(scan, of: file, number)
        } catch {
            // Retention may have removed it since the list was made.
            if error.isMissing && active != nil { return before = nil }
            guard error.operation == .read || error.isMissing else { throw error }
            note(number, .unreadable(.file(error)))
            before = nil
        }
    }

    private mutating func verify(
        _ scan: SegmentScan, of file: File, _ number: UInt64
    ) throws(FileFault) {
        for detail in scan.damage { note(number, detail) }
        if scan.snapshot == nil { note(number, .snapshot) }
        guard let header = scan.header else {
            before = nil
            return note(number, .header)
        }
        guard belongs(header, number) else {
            before = nil
            return note(number, .foreign)
        }
        let end = try end(of: number)
        let blocks = scan.blocks.filter { $0.envelope.header.number <= end }
        verifyChain(blocks, header, end: end)
        let segment = SegmentFile(
            number: number, salt: header.salt, pageByteCount: pageByteCount, file)
        for block in blocks { try verify(block, of: segment) }
        if number != active?.segment { try verifyTree(blocks, of: file, number) }
        verifyIndex(number, header, blocks)
        let last = blocks.last?.envelope
        before = (header, last?.header.number ?? header.lastBlock, last?.checksum ?? header.chain)
    }

    private func lineage(of segments: [UInt64]) throws(FileFault) -> StoreLineage? {
        for number in segments.reversed() {
            let scan: SegmentScan
            do throws(FileFault) {
                scan = try SegmentScan(log.openSegment(number), pageByteCount: pageByteCount)
            } catch {
                guard error.operation == .read || error.isMissing else { throw error }
                continue
            }
            guard let header = scan.header, header.segment == number,
                let snapshot = scan.snapshot,
                let state = try? LogState(
                    snapshot: snapshot, after: header.lastBlock, chain: header.chain,
                    clock: header.clock)
            else { continue }
            return StoreLineage(current: header.store, former: state.formerStores)
        }
        return nil
    }

    /// Whether a segment is of this store, or of the one it was cloned from.
    private func belongs(_ header: SegmentHeader, _ number: UInt64) -> Bool {
        guard header.segment == number else { return false }
        return lineage.map { $0.store(of: number) == header.store } ?? true
    }

    /// The last block that counts: the next segment's header says which.
    private func end(of number: UInt64) throws(FileFault) -> BlockNumber {
        if let active, active.segment == number { return active.last }
        guard try log.directory.status(of: LogDirectory.segmentName(number + 1)) != nil else {
            return .last
        }
        let file = try log.openSegment(number + 1)
        let next = try SegmentFile.header(in: file, pageByteCount: pageByteCount)
        return next?.lastBlock ?? .last
    }

    private mutating func verifyChain(
        _ blocks: [SegmentScan.Block], _ header: SegmentHeader, end: BlockNumber
    ) {
        if let before, before.last < header.lastBlock {
            note(before.header.segment, .missingBlock, before.last.next)
        }
        var expected = header.lastBlock.next
        var chain: UInt32? = header.chain
        for block in blocks {
            let found = block.envelope.header
            if found.number != expected {
                note(header.segment, .missingBlock, expected)
                chain = nil
            }
            if let chain, chain != found.chain {
                note(header.segment, .chain(expected: chain, found: found.chain), found.number)
            }
            chain = block.envelope.checksum
            expected = found.number.next
        }
        if end != .last, expected <= end { note(header.segment, .missingBlock, expected) }
    }

    private mutating func verify(
        _ block: SegmentScan.Block, of segment: SegmentFile
    ) throws(FileFault) {
        let header = block.envelope.header
        let place = SegmentIndex.Block(
            number: header.number, position: block.position, byteCount: header.blockByteCount)
        report.blockCount += 1
        if try !segment.hasBothEnvelopes(place) {
            note(segment.number, .envelopeCopy, header.number)
        }
        for batch in try segment.allBatches(in: place) {
            report.batchCount += 1
            switch batch {
            case .whole(let stored):
                report.recordCount += stored.batch.count
                let limit = LogLimits.decodedByteCountMax
                if (try? stored.batch.validateRecords(limit: limit)) == nil {
                    note(segment.number, .batchMalformed, header.number)
                }
            case .damaged(let damage, _): report.damage.append(damage)
            }
        }
    }

    /// Whether LMDB's own tree leads to every block. Nothing is read through it, but a difference
    /// says that the disk changes what it holds.
    private mutating func verifyTree(
        _ blocks: [SegmentScan.Block], of file: File, _ number: UInt64
    ) throws(FileFault) {
        let pages = PageFile(
            TreeSource(file: file), byteCount: try file.status().byteCount,
            pageByteCount: pageByteCount)
        let metas = [try pages.meta(0), try pages.meta(1)]
        for (copy, meta) in metas.enumerated() where meta == nil {
            note(number, .page(UInt64(copy), "the meta page is broken"))
        }
        let newest = metas.compactMap { $0 }.max { $0.transaction < $1.transaction }
        guard let newest else { return }
        let tree = try pages.walk(from: newest)
        for damage in tree.damage { note(number, .page(damage.page, damage.reason.rawValue)) }
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
            note(number, .page(newest.root, "the tree does not lead to every block"))
        }
    }

    /// Whether the stored index says of the blocks and of their batches what they say themselves.
    private mutating func verifyIndex(
        _ number: UInt64, _ header: SegmentHeader, _ blocks: [SegmentScan.Block]
    ) {
        let name = LogDirectory.indexName(number)
        guard let status = try? log.directory.status(of: name),
            let file = try? File(log.directory.path(of: name), .reading),
            let bytes = try? file.read(at: 0, count: status.byteCount)
        else { return }
        var expected = SegmentIndex(segment: number)
        for block in blocks { expected.add(block.envelope, at: block.position) }
        let index = SegmentIndex(bytes, store: header.store, salt: header.salt, segment: number)
        guard let index else { return note(number, .index) }
        // Blocks that are gone may still be in the index, and are reported as missing already.
        let isWhole = index.blocks.count == expected.blocks.count
        if isWhole && !index.holds(expected) { note(number, .index) }
    }

    private mutating func note(
        _ segment: UInt64, _ detail: Damage.Detail, _ block: BlockNumber? = nil
    ) {
        report.damage.append(
            Damage(segment: segment, path: log.path(ofSegment: segment), block: block, detail))
    }
}
