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
    }

    private let log: LogDirectory
    private let pageByteCount: Int
    private let capacity: Int
    private let cache = Mutex(Cache())
    private static let openCountMax = 64

    init(_ log: LogDirectory, pageByteCount: Int, capacity: Int) {
        self.log = log
        self.pageByteCount = pageByteCount
        self.capacity = capacity
    }

    /// Nil when the segment's header is broken beyond use, or the file is another segment's.
    func segment(_ number: UInt64) throws(FileFault) -> LoadedSegment? {
        if let known = cached(number) { return known }
        let file = try log.openSegment(number)
        guard let header = try SegmentFile.header(in: file, pageByteCount: pageByteCount),
            header.segment == number
        else { return nil }
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
        let header = try SegmentFile.header(in: file, pageByteCount: pageByteCount)
        guard let header, header.segment == number else { return nil }
        cache.withLock { $0.headers[number] = header }
        return header
    }

    func forget(_ number: UInt64) {
        cache.withLock { cache in
            cache.headers[number] = nil
            if let gone = cache.loaded.removeValue(forKey: number) {
                cache.byteCount -= gone.byteCount
            }
        }
    }

    /// Stores the index of a segment that has been closed.
    func store(_ index: SegmentIndex, of header: SegmentHeader) {
        let bytes = index.encode(store: header.store, salt: header.salt)
        // An index that cannot be stored is made again from the blocks when it is needed.
        try? log.directory.replace(LogDirectory.indexName(header.segment), with: bytes)
    }

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
        let bytes = try file.read(at: 0, count: status.byteCount)
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
