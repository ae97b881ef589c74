internal import Bytes
internal import DurableFiles
internal import LMDB
internal import StreamModel

/// What the files of a log prove: the state to go on from.
struct Recovery: Sendable {
    private(set) var state = LogState()
    /// Nil for a log that has no segment yet.
    private(set) var newest: SegmentHeader?
    /// The number of the newest segment file, whatever it holds.
    private(set) var newestNumber: UInt64 = 0
    /// Of the newest segment.
    private(set) var index = SegmentIndex(segment: 0)
    private(set) var damage: [Damage] = []
    /// Whether the newest segment is another file than the one it was written as.
    private(set) var isCopy = false
    /// Whether offsets may have been issued that nothing left proves.
    private var isEndUnproven = false
    /// The ends that blocks after the last hole prove.
    private var proven: Set<PartitionID> = []

    let pageByteCount: Int
    private let log: LogDirectory

    /// Whether the newest segment's inode has to be the one its header names.
    enum CopyCheck: Sendable { case refuseCopies, accept }

    init(
        _ log: LogDirectory, pageByteCount: Int, copies: CopyCheck, now: Int64
    ) throws(OpenError) {
        self.log = log
        self.pageByteCount = pageByteCount
        let segments: [UInt64]
        do { segments = try log.segments() } catch { throw OpenError(error) }
        guard let last = segments.last else { return }
        newestNumber = last
        try fold(segments, copies: copies)
        try lookForMissingSuccessor()
        if isEndUnproven { state = state.jumped(now: now, sparing: proven) }
    }

    /// Goes back to the newest segment that tells its state, and folds forward from there.
    private mutating func fold(_ segments: [UInt64], copies: CopyCheck) throws(OpenError) {
        var scans: [(number: UInt64, scan: SegmentScan)] = []
        for number in segments.reversed() {
            let scan = try scan(number)
            scans.append((number, scan))
            if number == newestNumber { try check(scan, number, copies: copies) }
            if scan.header?.segment == number, scan.snapshot != nil { break }
            note(number, scan.header == nil ? .header : .snapshot)
        }
        guard let oldest = scans.last, let header = oldest.scan.header,
            let snapshot = oldest.scan.snapshot
        else { throw .beyondRecovery(path: log.path(ofSegment: newestNumber), .snapshot) }
        do {
            state = try LogState(
                snapshot: snapshot, after: header.lastBlock, chain: header.chain,
                clock: header.clock)
        } catch {
            throw .beyondRecovery(path: log.path(ofSegment: oldest.number), .snapshot)
        }
        newest = header
        for place in scans.indices.reversed() {
            let end = place > 0 ? scans[place - 1].scan.predecessorEnd : nil
            try fold(scans[place].scan, scans[place].number, upTo: end)
        }
    }

    /// A segment gets its index only after the next one has begun: where the newest has one, there
    /// was another behind it.
    private mutating func lookForMissingSuccessor() throws(OpenError) {
        do throws(FileFault) {
            let name = LogDirectory.indexName(newestNumber)
            guard try log.directory.status(of: name) != nil else { return }
        } catch { throw OpenError(error) }
        note(newestNumber + 1, .missingSegment)
        isEndUnproven = true
        proven = []
    }

    private func scan(_ number: UInt64) throws(OpenError) -> SegmentScan {
        let scan: SegmentScan
        do {
            scan = try SegmentScan(log.openSegment(number), pageByteCount: pageByteCount)
        } catch {
            throw OpenError(error)
        }
        let path = log.path(ofSegment: number)
        if let version = scan.unknownVersion, scan.header == nil {
            throw .unknownVersion(path: path, version: Int(version))
        }
        return scan
    }

    private mutating func check(
        _ scan: SegmentScan, _ number: UInt64, copies: CopyCheck
    ) throws(OpenError) {
        let path = log.path(ofSegment: number)
        if scan.header == nil { try checkPageSize(number) }
        guard let header = scan.header else { return }
        guard header.pageByteCount == pageByteCount else {
            throw .wrongPageSize(
                path: path, found: header.pageByteCount, expected: pageByteCount)
        }
        let inode: UInt64
        do {
            inode = try log.openSegment(number).status().inode
        } catch {
            throw OpenError(error)
        }
        isCopy = inode != header.inode
        if isCopy && copies == .refuseCopies { throw .copied(path: path) }
    }

    /// With another page size nothing is where it is looked for; LMDB's meta page still tells.
    private func checkPageSize(_ number: UInt64) throws(OpenError) {
        do {
            let file = try log.openSegment(number)
            let source = TreeSource(file: file)
            guard let stated = try PageFile.statedPageByteCount(of: source) else { return }
            guard stated != pageByteCount, stated.isPowerOfTwo else { return }
            throw OpenError.wrongPageSize(
                path: file.path, found: stated, expected: pageByteCount)
        } catch let error as OpenError {
            throw error
        } catch let fault as FileFault {
            throw OpenError(fault)
        } catch {
            preconditionFailure("an error of unknown kind: \(error)")
        }
    }

    /// Blocks after `end` were never acknowledged: the segment after this one has them, or others.
    private mutating func fold(
        _ scan: SegmentScan, _ number: UInt64, upTo end: BlockNumber?
    ) throws(OpenError) {
        index = SegmentIndex(segment: number)
        damage += scan.damage.map {
            Damage(segment: number, path: log.path(ofSegment: number), $0)
        }
        if let header = scan.header, header.segment == number {
            newest = header
            let first = header.lastBlock.next
            if first > state.nextBlock { noteHole(number, upTo: first) }
        }
        let blocks = number == newestNumber ? try flushedBlocks(of: scan) : scan.blocks
        for block in blocks where block.envelope.header.number <= end ?? .last {
            fold(block, number)
        }
        guard number == newestNumber else { return }
        if try treeKnowsMore(number) { noteHole(number, upTo: nil) }
        if scan.header == nil, scan.blocks.isEmpty { noteHole(number, upTo: nil) }
    }

    private mutating func fold(_ block: SegmentScan.Block, _ number: UInt64) {
        let header = block.envelope.header
        guard header.number >= state.nextBlock else { return }
        if header.number > state.nextBlock { noteHole(number, upTo: header.number) }
        // A block may have several batches of one partition, each where the one before ends.
        var ends: [PartitionID: Int64] = [:]
        for entry in block.envelope.directory {
            let end = ends[entry.partition] ?? state.partition(entry.partition)?.end ?? 0
            ends[entry.partition] = entry.endOffset
            if entry.baseOffset > end {
                let gap = Gap(
                    offsets: end..<entry.baseOffset, reason: .damage, time: header.clock.wall)
                state.apply([.gap(entry.partition, gap)])
            }
            proven.insert(entry.partition)
        }
        state.apply(block.envelope)
        index.add(block.envelope, at: block.position)
    }

    /// Blocks are missing before number `next`, or at the end.
    private mutating func noteHole(_ segment: UInt64, upTo next: BlockNumber?) {
        note(segment, .missingBlock, state.nextBlock)
        isEndUnproven = true
        proven = []
        guard let next else { return }
        state.advance(past: next.previous, chain: state.chain, clock: state.clock)
    }

    private mutating func note(
        _ segment: UInt64, _ detail: Damage.Detail, _ block: BlockNumber? = nil
    ) {
        damage.append(
            Damage(segment: segment, path: log.path(ofSegment: segment), block: block, detail))
    }

    /// The blocks of the newest segment without the one that was being written when the power went,
    /// where not all of it arrived: nobody was told of it, and a producer will send it again.
    ///
    /// Only the last block can be that one, and only while LMDB's tree does not refer to it: the
    /// meta page that makes it known is written after the flush. A block that is known is damaged,
    /// not torn.
    private func flushedBlocks(of scan: SegmentScan) throws(OpenError) -> [SegmentScan.Block] {
        guard let last = scan.blocks.last else { return [] }
        let header = last.envelope.header
        if let known = try lastKnownBlock(), known.number >= header.number { return scan.blocks }
        do {
            let segment = SegmentFile(
                number: newestNumber, salt: header.salt, pageByteCount: pageByteCount,
                try log.openSegment(newestNumber))
            let place = SegmentIndex.Block(
                number: header.number, position: last.position, byteCount: header.blockByteCount)
            let isWhole = try segment.allBatches(in: place).allSatisfy { batch in
                if case .whole = batch { true } else { false }
            }
            return isWhole ? scan.blocks : scan.blocks.dropLast()
        } catch {
            throw OpenError(error)
        }
    }

    /// Whether LMDB's tree refers to a later block than any that could be found: one that was
    /// committed, and whose envelope is now broken in both copies or beyond the end of a cut file.
    ///
    /// Where both meta pages are gone nobody can say that nothing is missing.
    private func treeKnowsMore(_ number: UInt64) throws(OpenError) -> Bool {
        let (pages, newer) = try newerMeta()
        guard let newer else { return true }
        guard let known = try lastKnownBlock() else {
            // One flipped bit breaks the way to the last block, or makes the file look cut.
            return newer.lastPage >= UInt64(pages.byteCount / pageByteCount)
        }
        // A flipped bit in the key must not look like a lost block.
        return known.number >= state.nextBlock
            && !index.blocks.contains { $0.position == known.position }
    }

    /// The last block in LMDB's tree of the newest segment, as its newer meta page has it.
    ///
    /// The pages of the older one's tree may have been taken for the commit that was under way when
    /// the power went, and what they say now was perhaps never flushed.
    private func lastKnownBlock() throws(OpenError) -> (number: BlockNumber, position: Int)? {
        let (pages, newer) = try newerMeta()
        do {
            guard let newer, let last = try pages.lastEntry(from: newer), let page = last.page,
                let number = ValueKey.block(last.key),
                let position = pages.valuePosition(of: page)
            else { return nil }
            return (number, position)
        } catch {
            throw OpenError(error)
        }
    }

    /// The pages of the newest segment, and the newer of its meta pages that can be read.
    private func newerMeta() throws(OpenError) -> (pages: PageFile<TreeSource>, meta: Meta?) {
        do {
            let file = try log.openSegment(newestNumber)
            let pages = PageFile(
                TreeSource(file: file), byteCount: try file.status().byteCount,
                pageByteCount: pageByteCount)
            let metas = [try pages.meta(0), try pages.meta(1)].compactMap(\.self)
            return (pages, metas.max { $0.transaction < $1.transaction })
        } catch {
            throw OpenError(error)
        }
    }
}

extension Int {
    fileprivate var isPowerOfTwo: Bool { self >= 512 && self <= 1 << 20 && nonzeroBitCount == 1 }
}
