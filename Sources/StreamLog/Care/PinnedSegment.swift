internal import Bytes
internal import DurableFiles
internal import LMDB

/// A segment that may still be written, as far as a pin goes, copied into a file with a tree of its
/// own.
///
/// WHY: the pages of LMDB's tree change under whoever copies the file; those of blocks never do. So
/// only values are copied, byte for byte.
struct PinnedSegment {
    private let scan: SegmentScan
    private let header: SegmentHeader
    private let snapshot: [UInt8]
    private let blocks: [SegmentScan.Block]
    private let file: File

    private static let flushByteCount = 8 << 20

    /// Nil for a segment whose header or snapshot is broken in both copies.
    init?(_ file: File, pageByteCount: Int, upTo last: BlockNumber) throws(FileFault) {
        scan = try SegmentScan(file, pageByteCount: pageByteCount)
        guard let header = scan.header, let snapshot = scan.snapshot else { return nil }
        self.header = header
        self.snapshot = snapshot
        self.file = file
        blocks = scan.blocks.filter { $0.envelope.header.number <= last }
    }

    var salt: UInt64 { header.salt }

    /// Writes the file at `path`, which must not be there yet.
    func write(to path: String, _ progress: (Int) -> Void) throws {
        // While what was written is still there to fill the volume.
        do { try writeAll(to: path, progress) } catch let error as LMDBError {
            throw StorageFault(error).namingFullVolume
        }
    }

    private func writeAll(to path: String, _ progress: (Int) -> Void) throws {
        let environment = try Environment(
            creating: path, mapByteCount: scan.byteCount + SegmentWriter.mapSlack)
        _ = try SegmentWriter.write(header, snapshot, to: environment)
        var rest = blocks[...]
        while !rest.isEmpty {
            var transaction = try environment.begin()
            var byteCount = 0
            while let block = rest.first, byteCount < Self.flushByteCount {
                try append(block, to: &transaction)
                byteCount += block.envelope.header.blockByteCount
                rest.removeFirst()
            }
            try transaction.commit()
            progress(byteCount)
        }
    }

    private func append(
        _ block: SegmentScan.Block, to transaction: inout WriteTransaction
    ) throws {
        let header = block.envelope.header
        let bytes = try file.read(at: block.position, count: header.blockByteCount)
        let key = ValueKey.block(header.number).bytes
        _ = try transaction.append(key: key, byteCount: header.blockByteCount) { output in
            output.append(copying: bytes.rawSpan)
        }
    }
}
