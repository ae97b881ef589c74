internal import DurableFiles

/// The segment files of a broken log, whatever they are called: which of them are of the store, and
/// in which order they were written.
struct SalvageSource {
    /// One segment, and the files that hold it: more than one where a file was copied.
    struct Segment {
        let salt: UInt64
        let header: SegmentHeader?
        /// By the header, or by the file's name where the header is gone.
        let number: UInt64
        var files: [RescuedFile]
        fileprivate let first: BlockEnvelope?
        fileprivate let last: BlockEnvelope?
        fileprivate let lineage: StoreLineage?

        /// The last block before the segment, as far as it tells.
        var predecessorEnd: BlockNumber? { header?.lastBlock ?? first?.header.number.previous }
    }

    /// In the order in which they were written.
    private(set) var segments: [Segment] = []
    private(set) var store: StoreID?
    private(set) var damage: [Damage] = []
    let pageByteCount: Int

    init(
        _ directory: Directory, scratch: Directory, pageByteCount: Int
    ) throws(FileFault) {
        self.pageByteCount = pageByteCount
        for name in try directory.names() where name.hasSuffix(".mdb") {
            let file = RescuedFile(name, in: directory, scratch: scratch)
            try add(file, number: UInt64(name.dropLast(4)) ?? 0)
        }
        removeForeign()
        segments.sort {
            ($0.predecessorEnd?.rawValue ?? 0, $0.number)
                < ($1.predecessorEnd?.rawValue ?? 0, $1.number)
        }
        removeContradictions()
        noteMissing()
    }

    private mutating func add(_ file: RescuedFile, number: UInt64) throws(FileFault) {
        let scan = try file.reading { file throws(FileFault) in
            try SegmentScan(file, pageByteCount: pageByteCount, cutBlocks: .recognise)
        }
        file.close()
        if let fault = file.fault { note(number, file.path, .unreadable(.file(fault))) }
        guard let salt = scan.salt else { return note(number, file.path, .header) }
        if let place = segments.firstIndex(where: { $0.salt == salt }) {
            return segments[place].files.append(file)
        }
        if let header = scan.header, header.segment != number { note(number, file.path, .foreign) }
        segments.append(
            Segment(
                salt: salt, header: scan.header, number: scan.header?.segment ?? number,
                files: [file], first: scan.blocks.first?.envelope,
                last: scan.blocks.last?.envelope, lineage: scan.lineage))
    }

    /// The ids are those that make the most segments belong together.
    private mutating func removeForeign() {
        let known = segments.compactMap(\.lineage)
        func count(_ lineage: StoreLineage) -> Int {
            segments.count { $0.header?.belongs(to: lineage) ?? false }
        }
        var best: (lineage: StoreLineage, count: Int)?
        for lineage in known where best?.lineage != lineage {
            let count = count(lineage)
            if count >= best?.count ?? 0 { best = (lineage, count) }
        }
        guard let lineage = best?.lineage else { return }
        store = lineage.current
        remove { segment in segment.header.map { !$0.belongs(to: lineage) } ?? false }
    }

    /// A file without a header is of this log unless the segments beside it say otherwise.
    private mutating func removeContradictions() {
        let all = segments
        var place = -1
        remove { segment in
            place += 1
            guard segment.header == nil else { return false }
            if place > 0, let before = all[place - 1].last, let first = segment.first,
                before.header.number.next == first.header.number
            {
                if before.checksum != first.header.chain { return true }
            }
            guard place + 1 < all.count, let next = all[place + 1].header, let last = segment.last,
                next.lastBlock == last.header.number
            else { return false }
            return next.chain != last.checksum
        }
    }

    private mutating func remove(where isForeign: (Segment) -> Bool) {
        var kept: [Segment] = []
        for segment in segments {
            if isForeign(segment) {
                for file in segment.files { note(segment.number, file.path, .foreign) }
            } else {
                kept.append(segment)
            }
        }
        segments = kept
    }

    private mutating func noteMissing() {
        let numbers = Set(segments.map(\.number))
        guard let first = numbers.min(), let last = numbers.max(), let any = segments.first,
            // A number that only a file's name claims may be anything.
            last - first < 1 << 20
        else { return }
        let directory = Directory.parent(of: any.files[0].path)
        for number in first...last where !numbers.contains(number) {
            note(number, directory + "/" + LogDirectory.segmentName(number), .missingSegment)
        }
    }

    private mutating func note(_ segment: UInt64, _ path: String, _ detail: Damage.Detail) {
        damage.append(Damage(segment: segment, path: path, detail))
    }
}

extension SegmentHeader {
    fileprivate func belongs(to lineage: StoreLineage) -> Bool {
        lineage.store(of: segment) == store
    }
}
