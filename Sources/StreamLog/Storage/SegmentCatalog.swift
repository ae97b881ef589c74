internal import DurableFiles
internal import Synchronization

/// A closed segment that is open for reading.
final class LoadedSegment: Sendable {
    let header: SegmentHeader
    let file: SegmentFile
    let index: SegmentIndex

    init(header: SegmentHeader, file: SegmentFile, index: SegmentIndex) {
        self.header = header
        self.file = file
        self.index = index
    }
}

/// Opens closed segments when they are asked for, and forgets those not used for longest.
///
/// Its memory does not grow with the log. An index that is missing or broken is made again from
/// the blocks.
final class SegmentCatalog: Sendable {
    private struct Cache {
        var loaded: [UInt64: (segment: LoadedSegment, byteCount: Int, used: Int)] = [:]
        var headers: [UInt64: SegmentHeader] = [:]
        var byteCount = 0
        var clock = 0
        /// What is before it has been removed, and is neither kept nor written any more.
        var first: UInt64 = 0
    }

    private let log: LogDirectory
    private let lineage: StoreLineage
    private let pageByteCount: Int
    private let capacity: Int
    private let cache = Mutex(Cache())
    private static let openCountMax = 64

    init(_ log: LogDirectory, _ lineage: StoreLineage, pageByteCount: Int, capacity: Int) {
        self.log = log
        self.lineage = lineage
        self.pageByteCount = pageByteCount
        self.capacity = capacity
    }

    /// Nil when the segment's header is broken beyond use, or the file is another segment's.
    func segment(_ number: UInt64) throws(FileFault) -> LoadedSegment? {
        if let known = cached(number) { return known }
        let file = try log.openSegment(number)
        guard let header = try ownHeader(number, file) else { return nil }
        let stored = try storedIndex(header)
        let index = if let stored { stored } else { try rebuiltIndex(header, file) }
        let reader = SegmentFile(
            number: number, salt: header.salt, pageByteCount: pageByteCount, file)
        let loaded = LoadedSegment(header: header, file: reader, index: index)
        insert(loaded)
        return loaded
    }

    /// The header alone, which is small enough to be remembered for every segment.
    func header(_ number: UInt64) throws(FileFault) -> SegmentHeader? {
        if let known = cache.withLock({ $0.headers[number] }) { return known }
        let file = try log.openSegment(number)
        guard let header = try ownHeader(number, file) else { return nil }
        cache.withLock { cache in
            if number >= cache.first { cache.headers[number] = header }
        }
        return header
    }

    /// Whether a segment's file has a header, and it is the one of another segment.
    func isForeign(_ number: UInt64) throws(FileFault) -> Bool {
        let file = try log.openSegment(number)
        guard let header = try SegmentFile.header(in: file, pageByteCount: pageByteCount) else {
            return false
        }
        return header.segment != number || header.store != lineage.store(of: number)
    }

    private func ownHeader(_ number: UInt64, _ file: File) throws(FileFault) -> SegmentHeader? {
        guard let header = try SegmentFile.header(in: file, pageByteCount: pageByteCount),
            header.segment == number, header.store == lineage.store(of: number)
        else { return nil }
        return header
    }

    /// Says that a segment is being removed, and all before it have been.
    func forget(_ number: UInt64) {
        cache.withLock { cache in
            cache.first = max(cache.first, number + 1)
            cache.headers[number] = nil
            if let gone = cache.loaded.removeValue(forKey: number) {
                cache.byteCount -= gone.byteCount
            }
        }
    }

    /// Stores the index of a segment that has been closed, unless the segment has been removed.
    func store(_ index: SegmentIndex, of header: SegmentHeader) {
        let name = LogDirectory.indexName(header.segment)
        guard !isRemoved(header.segment) else { return }
        let bytes = index.encode(store: header.store, salt: header.salt)
        // An index that cannot be stored is made again from the blocks when it is needed.
        try? log.directory.replace(name, with: bytes)
        // Whoever removed the segment meanwhile may have looked for the index too early.
        if isRemoved(header.segment) { try? log.directory.remove(name) }
    }

    private func isRemoved(_ number: UInt64) -> Bool { cache.withLock { number < $0.first } }

    private func cached(_ number: UInt64) -> LoadedSegment? {
        cache.withLock { cache in
            guard let found = cache.loaded[number] else { return nil }
            cache.clock += 1
            cache.loaded[number]?.used = cache.clock
            return found.segment
        }
    }

    private func insert(_ loaded: LoadedSegment) {
        let byteCount = loaded.index.memoryByteCount
        cache.withLock { cache in
            // An open file would keep the bytes of a removed segment on the volume.
            guard loaded.header.segment >= cache.first else { return }
            cache.clock += 1
            cache.headers[loaded.header.segment] = loaded.header
            let number = loaded.header.segment
            let entry = (segment: loaded, byteCount: byteCount, used: cache.clock)
            if let old = cache.loaded.updateValue(entry, forKey: number) {
                cache.byteCount -= old.byteCount
            }
            cache.byteCount += byteCount
            while cache.loaded.count > 1,
                cache.byteCount > capacity || cache.loaded.count > Self.openCountMax,
                let oldest = cache.loaded.min(by: { $0.value.used < $1.value.used })
            {
                cache.byteCount -= oldest.value.byteCount
                cache.loaded[oldest.key] = nil
            }
        }
    }

    private func storedIndex(_ header: SegmentHeader) throws(FileFault) -> SegmentIndex? {
        let name = LogDirectory.indexName(header.segment)
        guard let status = try log.directory.status(of: name) else { return nil }
        let file = try File(log.directory.path(of: name), .reading)
        let bytes = try file.readAround(at: 0, count: status.byteCount).bytes
        return SegmentIndex(
            bytes, store: header.store, salt: header.salt, segment: header.segment)
    }

    private func rebuiltIndex(
        _ header: SegmentHeader, _ file: File
    ) throws(FileFault) -> SegmentIndex {
        let scan = try SegmentScan(file, pageByteCount: pageByteCount)
        let end = try? self.header(header.segment + 1)?.lastBlock
        var index = SegmentIndex(segment: header.segment)
        for block in scan.blocks where block.envelope.header.number <= end ?? .last {
            index.add(block.envelope, at: block.position)
        }
        store(index, of: header)
        return index
    }
}
