internal import DurableFiles

/// One file of a segment that is being salvaged.
struct SalvagedCopy {
    let scan: SegmentScan
    let number: UInt64
    let path: String
    private let file: RescuedFile
    private let salt: UInt64
    private let pageByteCount: Int

    var byteCount: Int { scan.byteCount }

    init(
        _ file: RescuedFile, of segment: SalvageSource.Segment, pageByteCount: Int
    ) throws(StorageFault) {
        self.file = file
        self.pageByteCount = pageByteCount
        path = file.path
        number = segment.number
        salt = segment.salt
        do throws(FileFault) {
            scan = try file.reading { file throws(FileFault) in
                try SegmentScan(file, pageByteCount: pageByteCount, cutBlocks: .recognise)
            }
        } catch {
            throw .file(error)
        }
    }

    /// The block of that number, where its envelope is whole.
    func block(_ number: BlockNumber) -> SegmentScan.Block? {
        let place = scan.blocks.partitioningIndex { $0.envelope.header.number >= number }
        guard place < scan.blocks.count, scan.blocks[place].envelope.header.number == number
        else { return nil }
        return scan.blocks[place]
    }

    /// In the order of the block's directory, each checked.
    func batches(of block: SegmentScan.Block) throws(StorageFault) -> [CheckedBatch] {
        let header = block.envelope.header
        let place = SegmentIndex.Block(
            number: header.number, position: block.position, byteCount: header.blockByteCount)
        do throws(FileFault) {
            return try file.reading { opened throws(FileFault) in
                try SegmentFile(number: number, salt: salt, pageByteCount: pageByteCount, opened)
                    .check(place).batches
            }
        } catch {
            throw .file(error)
        }
    }
}
