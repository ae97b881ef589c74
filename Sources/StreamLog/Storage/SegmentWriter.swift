internal import Bytes
internal import DurableFiles
internal import LMDB
internal import StreamModel

/// The active segment: the only file of the log that is ever written, by the thread that made it.
final class SegmentWriter {
    let header: SegmentHeader
    /// How far the values reach; the tree's own pages may come after them.
    private(set) var byteCount: Int
    private let environment: Environment
    private let file: File
    private let layout: LogLayout
    /// How far space has been set aside for the file.
    private var reservedByteCount = 0
    private var canReserve = true

    /// What the file takes of the volume.
    var occupiedByteCount: Int { max(byteCount, reservedByteCount) }

    var number: UInt64 { header.segment }
    private(set) var isEmpty = true

    /// Beyond the size at which a segment is rolled, so that the last block always fits.
    static let mapSlack = 64 << 20

    /// What a segment is created with.
    struct Origin {
        let store: StoreID
        let segment: UInt64
        let salt: UInt64
        let layout: LogLayout
        let bootID: UInt64
        let state: LogState
    }

    /// Creates the segment under a temporary name, makes its header and snapshot durable, and
    /// gives it its name: the step at which it becomes the newest.
    init(_ origin: Origin, in log: LogDirectory) throws(StorageFault) {
        let name = LogDirectory.segmentName(origin.segment)
        let temporary = name + ".tmp"
        do {
            try log.directory.remove(temporary)
            let environment = try Environment(
                creating: log.directory.path(of: temporary),
                mapByteCount: origin.layout.segmentByteCount + Self.mapSlack)
            file = try File(environment.path, .writing)
            guard let status = try log.directory.status(of: temporary) else {
                throw FileFault(.status, environment.path, code: 2)
            }
            let snapshot = origin.state.encodeSnapshot()
            header = SegmentHeader(
                store: origin.store, segment: origin.segment, salt: origin.salt,
                pageByteCount: environment.pageByteCount, inode: status.inode,
                clock: origin.state.clock, boot: origin.bootID,
                storageClass: LogDirectory.storageClass,
                lastBlock: origin.state.nextBlock.previous, chain: origin.state.chain,
                snapshot: snapshot)
            byteCount = try Self.write(header, snapshot, to: environment)
            self.environment = environment
            layout = origin.layout
            reserve(0)
            try log.directory.rename(temporary, to: name)
        } catch let fault as FileFault {
            throw .file(fault)
        } catch let error as LMDBError {
            throw StorageFault(error)
        } catch {
            preconditionFailure("an error of unknown kind: \(error)")
        }
    }

    /// Both copies of header and snapshot, in one commit. The answer is how far the file reaches.
    static func write(
        _ header: SegmentHeader, _ snapshot: [UInt8], to environment: Environment
    ) throws(LMDBError) -> Int {
        var transaction = try environment.begin()
        var end = 0
        for copy in UInt16(0)..<2 {
            let bytes = header.encode()
            end = try transaction.append(bytes, key: .header(copy), environment.pageByteCount)
        }
        for copy in UInt16(0)..<2 {
            for chunk in SnapshotChunk.chunks(of: snapshot, salt: header.salt, copy: copy) {
                let key = ValueKey.snapshot(copy, chunk: UInt32(chunk.index))
                end = try transaction.append(chunk.encode(), key: key, environment.pageByteCount)
            }
        }
        try transaction.commit()
        return end
    }

    /// Sets space aside before it is needed: a flush then has to make only the length of the file
    /// durable, and not where on the volume its bytes are (a fifth of a small commit's time).
    private func reserve(_ count: Int) {
        let needed =
            byteCount + Self.growth(ofBlock: count, pageByteCount: header.pageByteCount)
        guard canReserve, needed > reservedByteCount else { return }
        let end = max(needed, min(needed + layout.reservationByteCount, layout.segmentByteCount))
        do throws(FileFault) {
            try file.reserve(reservedByteCount..<end)
            reservedByteCount = end
        } catch {
            // Nothing but speed depends on it.
            canReserve = false
        }
    }

    /// The file, to give back what was set aside and is not needed any more.
    var reservation: File? { reservedByteCount > 0 ? file : nil }

    /// How much the file grows by a block, at most: its pages, and those LMDB copies.
    static func growth(ofBlock byteCount: Int, pageByteCount: Int) -> Int {
        byteCount + 9 * pageByteCount
    }

    /// Makes a block durable; the answer is where in the file it lies. After an error the segment
    /// must not be written again.
    func append(_ block: EncodedBlock) throws(StorageFault) -> Int {
        try append([block])[0]
    }

    /// Makes blocks durable with one flush; the answers are where in the file they lie. After an
    /// error the segment must not be written again.
    func append(_ blocks: [EncodedBlock]) throws(StorageFault) -> [Int] {
        reserve(blocks.reduce(0) { $0 + $1.envelope.header.blockByteCount })
        do {
            var transaction = try environment.begin()
            var positions: [Int] = []
            for block in blocks {
                let key = ValueKey.block(block.envelope.header.number).bytes
                let length = block.envelope.header.blockByteCount
                let position = try transaction.append(key: key, byteCount: length) { output in
                    block.write(into: &output)
                }
                positions.append(position)
                byteCount = max(byteCount, position + length)
            }
            try transaction.commit()
            isEmpty = false
            return positions
        } catch {
            throw StorageFault(error)
        }
    }
}

/// The keys of a segment's tree: a tag that sorts blocks last, and the value's number.
enum ValueKey {
    case header(UInt16)
    case snapshot(UInt16, chunk: UInt32)
    case block(BlockNumber)

    static let blockTag = UInt8(ascii: "b")

    var bytes: [UInt8] {
        var writer = ByteWriter(reserving: 9)
        switch self {
        case .header(let copy):
            writer.append(UInt8(ascii: "H"))
            writer.append(bigEndian: copy)
        case .snapshot(let copy, let chunk):
            writer.append(UInt8(ascii: "S"))
            writer.append(bigEndian: copy)
            writer.append(bigEndian: chunk)
        case .block(let number):
            writer.append(Self.blockTag)
            writer.append(bigEndian: number.rawValue)
        }
        return writer.bytes
    }

    /// The block that a key names, if it names one.
    static func block(_ key: [UInt8]) -> BlockNumber? {
        var reader = ByteReader(key.rawSpan)
        guard (try? reader.byte()) == blockTag, let number = try? reader.integer(as: UInt64.self),
            reader.isAtEnd
        else { return nil }
        return BlockNumber(rawValue: number)
    }
}

extension RecordBatch {
    /// The batch's first bytes with its place in this log; the others do not depend on it.
    func placedHead(at baseOffset: Int64) -> ArraySlice<UInt8> {
        var head = ByteWriter(reserving: DirectoryEntry.coveredByteCount)
        head.append(bigEndian: baseOffset)
        head.append(bytes.dropFirst(8).prefix(4))
        head.append(bigEndian: Int32(0))  // The leader epoch: this log has one leader for ever.
        head.append(bytes.dropFirst(16).prefix(DirectoryEntry.coveredByteCount - 16))
        return head.bytes[...]
    }
}

/// A block ready to be written into one segment.
struct EncodedBlock {
    let envelope: BlockEnvelope
    let envelopeBytes: [UInt8]
    let batches: [RecordBatch]

    func write(into output: inout OutputRawSpan) {
        output.append(copying: envelopeBytes.rawSpan)
        for (entry, batch) in zip(envelope.directory, batches) {
            output.append(copying: batch.placedHead(at: entry.baseOffset).rawSpan)
            let rest = batch.bytes.dropFirst(DirectoryEntry.coveredByteCount)
            output.append(copying: rest.rawSpan)
        }
        let tail = envelopeBytes.count + BlockEnvelope.footerByteCount
        output.append(zeros: output.freeCapacity - tail)
        output.append(copying: envelopeBytes.rawSpan)
        let footer = BlockEnvelope.footer(
            envelopeByteCount: envelopeBytes.count,
            blockByteCount: envelope.header.blockByteCount)
        output.append(copying: footer.rawSpan)
        assert(output.freeCapacity == 0, "the block does not fill its pages")
    }
}

extension WriteTransaction {
    /// Appends a value in whole pages; the answer is where it ends in the file.
    fileprivate mutating func append(
        _ bytes: [UInt8], key: ValueKey, _ pageByteCount: Int
    ) throws(LMDBError) -> Int {
        let header = StoredPage.headerByteCount
        let pages = (bytes.count + header + pageByteCount - 1) / pageByteCount
        let length = pages * pageByteCount - header
        let position = try append(key: key.bytes, byteCount: length) { output in
            output.append(copying: bytes.rawSpan)
        }
        return position + length
    }
}
