internal import DurableFiles

/// A segment of a new log that takes blocks from elsewhere, many with one flush.
struct SalvagedSegment {
    private let writer: SegmentWriter
    private var index: SegmentIndex
    private var waiting: [EncodedBlock] = []
    private var waitingByteCount = 0

    private static let waitingByteCountMax = 8 << 20

    init(_ origin: SegmentWriter.Origin, in log: LogDirectory) throws(StorageFault) {
        writer = try SegmentWriter(origin, in: log)
        index = SegmentIndex(segment: origin.segment)
    }

    /// The answer is what the log's state follows from.
    mutating func add(
        _ draft: BlockDraft, number: BlockNumber, chain: UInt32, clock: ClockReading
    ) throws(StorageFault) -> BlockEnvelope {
        let block = draft.encoded(
            number: number, chain: chain, clock: clock, salt: writer.header.salt,
            pageByteCount: writer.header.pageByteCount)
        waiting.append(block)
        waitingByteCount += block.envelope.header.blockByteCount
        if waitingByteCount > Self.waitingByteCountMax { try flush() }
        return block.envelope
    }

    private mutating func flush() throws(StorageFault) {
        guard !waiting.isEmpty else { return }
        for (block, position) in zip(waiting, try writer.append(waiting)) {
            index.add(block.envelope, at: position)
        }
        waiting = []
        waitingByteCount = 0
    }

    /// Makes the segment and its index durable. `state` is what follows from all of it.
    mutating func finish(_ state: LogState, in log: LogDirectory) throws(StorageFault) {
        try flush()
        do throws(FileFault) {
            try writer.reservation?.releaseReserved()
            index.complete(with: state)
            try log.directory.replace(
                LogDirectory.indexName(writer.number),
                with: index.encode(store: writer.header.store, salt: writer.header.salt))
        } catch {
            throw .file(error)
        }
    }
}
