internal import Bytes

/// What a complete backup consists of, written after everything it names is durable.
///
///     magic, version, 0 · store id · page size · made at · newest segment · its last block
///     files: kind · number · salt · name · bytes · crc        · crc
///
/// Integers of fixed length are big-endian; counts, numbers and lengths of files are varints.
struct BackupManifest: Equatable, Sendable {
    static let fileName = "MANIFEST"
    /// What a manifest may take: some hundred thousand files.
    static let byteCountMax = 64 << 20
    private static let magic: UInt32 = 0x4D52_424D  // "MRBM"
    private static let version: UInt16 = 1
    private static let nameByteCountMax = 4096

    /// One file of the backup.
    struct Item: Equatable, Sendable {
        enum Content: Equatable, Sendable {
            /// A segment, with the salt of its header.
            case segment(UInt64, salt: UInt64)
            /// A file of a table.
            case other
        }

        let content: Content
        /// The path below the backup's directory, and for other files below the store's.
        let name: String
        let byteCount: Int
        let checksum: UInt32
    }

    let store: StoreID
    let pageByteCount: Int
    /// Milliseconds since 1970, UTC.
    let madeAt: Int64
    let newestSegment: UInt64
    let lastBlock: UInt64
    /// Segments first, in order.
    let items: [Item]
    /// What they hold together.
    let byteCount: Int

    func encode() -> [UInt8] {
        var writer = ByteWriter(reserving: 64 + items.count * 64)
        writer.append(bigEndian: Self.magic)
        writer.append(bigEndian: Self.version)
        writer.append(bigEndian: UInt16(0))
        writer.append(bigEndian: store.high)
        writer.append(bigEndian: store.low)
        writer.append(bigEndian: UInt32(pageByteCount))
        writer.append(bigEndian: madeAt)
        writer.append(bigEndian: newestSegment)
        writer.append(bigEndian: lastBlock)
        writer.append(varint: items.count)
        for item in items { encode(item, into: &writer) }
        writer.append(bigEndian: CRC32C.checksum(writer.bytes.rawSpan))
        return writer.bytes
    }

    private func encode(_ item: Item, into writer: inout ByteWriter) {
        switch item.content {
        case .segment(let number, let salt):
            writer.append(1)
            writer.append(varint: number)
            writer.append(bigEndian: salt)
        case .other: writer.append(2)
        }
        writer.append(prefixed: item.name.utf8)
        writer.append(varint: item.byteCount)
        writer.append(bigEndian: item.checksum)
    }

    init(_ bytes: [UInt8]) throws(BackupProblem) {
        guard bytes.count > 12 else { throw .brokenManifest }
        let covered = bytes.rawSpan.extracting(0..<(bytes.count - 4))
        var end = ByteReader(bytes.rawSpan.extracting((bytes.count - 4)..<bytes.count))
        guard (try? end.integer(as: UInt32.self)) == CRC32C.checksum(covered) else {
            throw .brokenManifest
        }
        var reader = ByteReader(covered)
        guard (try? reader.integer(as: UInt32.self)) == Self.magic,
            let version = try? reader.integer(as: UInt16.self)
        else { throw .brokenManifest }
        guard version == Self.version else { throw .unknownVersion(Int(version)) }
        do { try self.init(fields: &reader) } catch { throw .brokenManifest }
    }

    private init(fields reader: inout ByteReader) throws(DecodeError) {
        try reader.skip(2)
        store = StoreID(high: try reader.integer(), low: try reader.integer())
        pageByteCount = Int(try reader.integer(as: UInt32.self))
        madeAt = try reader.integer()
        newestSegment = try reader.integer()
        lastBlock = try reader.integer()
        var items: [Item] = []
        var total = 0
        for _ in 0..<(try reader.length()) {
            let start = reader.position
            let item = try Item(&reader)
            let (sum, isTooMuch) = total.addingReportingOverflow(item.byteCount)
            guard !isTooMuch else { throw .badValue(position: start) }
            total = sum
            items.append(item)
        }
        self.items = items
        byteCount = total
        guard reader.isAtEnd else { throw .badValue(position: reader.position) }
    }

    init(
        store: StoreID, pageByteCount: Int, madeAt: Int64, newestSegment: UInt64,
        lastBlock: UInt64, items: [Item]
    ) {
        self.store = store
        self.pageByteCount = pageByteCount
        self.madeAt = madeAt
        self.newestSegment = newestSegment
        self.lastBlock = lastBlock
        self.items = items
        byteCount = items.reduce(0) { $0 + $1.byteCount }
    }

    /// Whether a name stays below the directory it is joined to.
    static func isBelow(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return name.utf8.count <= nameByteCountMax
            && parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." && !$0.contains("\0") }
    }
}

extension BackupManifest.Item {
    fileprivate init(_ reader: inout ByteReader) throws(DecodeError) {
        let start = reader.position
        switch try reader.byte() {
        case 1: content = .segment(try reader.varint(), salt: try reader.integer())
        case 2: content = .other
        default: throw .badValue(position: start)
        }
        name = try reader.text()
        guard BackupManifest.isBelow(name), let count = Int(exactly: try reader.varint()) else {
            throw .badValue(position: start)
        }
        byteCount = count
        checksum = try reader.integer()
    }
}
