internal import Bytes
internal import DurableFiles

/// Goes over the pages of a segment file, some at a time, and recognises the values in them.
struct ScanPass {
    enum Value {
        case header(SegmentHeader)
        case unknownVersion(UInt16)
        case chunk(SnapshotChunk)
        case block(BlockEnvelope, position: Int)
        case damage(Damage.Detail)
    }

    /// A value, and how many pages from the current one on it explains.
    private struct Found {
        let value: Value
        let pageCount: Int
    }

    private let file: File
    private let pageByteCount: Int
    private let pageCount: Int
    private var page = 2
    private var window: [UInt8] = []
    private var windowPage = 0
    /// Of the segment's header, once it has been met. What has another one is part of a payload.
    private var salt: UInt64?

    private let cutBlocks: CutBlocks

    /// What to make of a block whose end is behind the end of the file.
    enum CutBlocks { case ignore, recognise }

    private static let windowByteCount = 64 << 10

    init(
        file: File, pageByteCount: Int, pageCount: Int, cutBlocks: CutBlocks = .ignore
    ) {
        self.cutBlocks = cutBlocks
        self.file = file
        self.pageByteCount = pageByteCount
        self.pageCount = pageCount
    }

    /// The next value that can be recognised, or nil at the end of the file.
    mutating func next() throws(FileFault) -> Value? {
        while page < pageCount {
            try fillWindow()
            let offset = (page - windowPage) * pageByteCount
            guard offset + pageByteCount <= window.count else { return nil }
            let found = try recognise(at: offset)
            if salt == nil, case .header(let header) = found?.value { salt = header.salt }
            page += found?.pageCount ?? 1
            if let found { return found.value }
        }
        return nil
    }

    /// Checksums tell where the device could not give what it holds.
    private func read(at position: Int, count: Int) throws(FileFault) -> [UInt8] {
        try file.readAround(at: position, count: count).bytes
    }

    private mutating func fillWindow() throws(FileFault) {
        let held = window.count / pageByteCount
        guard page < windowPage || page >= windowPage + held else { return }
        let count = max(Self.windowByteCount, pageByteCount)
        window = try read(at: page * pageByteCount, count: count)
        windowPage = page
    }

    private func recognise(at offset: Int) throws(FileFault) -> Found? {
        let start = offset + StoredPage.headerByteCount
        let content = window.rawSpan.extracting(start..<window.count)
        var reader = ByteReader(content)
        switch try? reader.integer(as: UInt32.self) {
        case SegmentHeader.magic: return header(content)
        case SnapshotChunk.magic:
            if let value = try chunk(content) { return value }
        case BlockHeader.magic:
            if let value = try block(content) { return value }
        default: break
        }
        return try blockEndingHere(offset)
    }

    private func header(_ content: RawSpan) -> Found {
        do {
            return Found(value: .header(try SegmentHeader(content)), pageCount: 1)
        } catch .version(let version) {
            return Found(value: .unknownVersion(version), pageCount: 1)
        } catch {
            return Found(value: .damage(.headerCopy), pageCount: 1)
        }
    }

    private func chunk(_ content: RawSpan) throws(FileFault) -> Found? {
        guard isOurs(SnapshotChunk.salt(ofChunk: content)) else { return nil }
        let position = page * pageByteCount + StoredPage.headerByteCount
        let bytes = try read(at: position, count: SnapshotChunk.byteCountMax)
        guard let chunk = SnapshotChunk(bytes.rawSpan) else {
            return Found(value: .damage(.snapshotCopy), pageCount: 1)
        }
        return Found(value: .chunk(chunk), pageCount: pagesToSkip(chunk.byteCount))
    }

    /// A block whose first envelope is whole.
    private func block(_ content: RawSpan) throws(FileFault) -> Found? {
        var reader = ByteReader(content)
        guard let head = try? BlockHeader(&reader) else { return nil }
        let position = page * pageByteCount + StoredPage.headerByteCount
        guard isPlausible(head, at: position) else { return nil }
        let envelope: BlockEnvelope?
        if head.envelopeByteCount <= content.byteCount {
            envelope = try? BlockEnvelope(content)
        } else {
            let bytes = try read(at: position, count: head.envelopeByteCount)
            envelope = try? BlockEnvelope(bytes.rawSpan)
        }
        guard let envelope else { return nil }
        return Found(
            value: .block(envelope, position: position),
            pageCount: pagesToSkip(head.blockByteCount))
    }

    /// A block whose first envelope is gone, found by the footer at the end of its last page.
    private func blockEndingHere(_ offset: Int) throws(FileFault) -> Found? {
        let end = offset + pageByteCount
        let footer = window.rawSpan.extracting((end - BlockEnvelope.footerByteCount)..<end)
        guard let lengths = BlockEnvelope.lengths(inFooter: footer) else { return nil }
        let blockEnd = (page + 1) * pageByteCount
        let position = blockEnd - lengths.block
        let start = blockEnd - BlockEnvelope.footerByteCount - lengths.envelope
        guard position >= 2 * pageByteCount, start >= position else { return nil }
        let head = try read(at: start, count: BlockHeader.byteCount)
        var reader = ByteReader(head.rawSpan)
        guard let header = try? BlockHeader(&reader), isPlausible(header, at: position) else {
            return nil
        }
        let bytes = try read(at: start, count: lengths.envelope)
        guard let envelope = try? BlockEnvelope(bytes.rawSpan),
            envelope.header.blockByteCount == lengths.block
        else { return nil }
        return Found(value: .block(envelope, position: position), pageCount: 1)
    }

    private func isPlausible(_ head: BlockHeader, at position: Int) -> Bool {
        let end = position + head.blockByteCount
        return isOurs(head.salt) && end.isMultiple(of: pageByteCount)
            && (cutBlocks == .recognise || end <= pageCount * pageByteCount)
    }

    /// Where the header is gone, what may be ours is looked at.
    private func isOurs(_ found: UInt64?) -> Bool { salt == nil || found == salt }

    /// The pages of a value, unless it may be part of a payload: that may say that it is larger
    /// than it is, and hide the blocks behind it.
    private func pagesToSkip(_ byteCount: Int) -> Int {
        guard salt != nil else { return 1 }
        return (byteCount + StoredPage.headerByteCount + pageByteCount - 1) / pageByteCount
    }
}
