internal import Bytes

/// The `H` value of a segment: which store it belongs to, and where the segment before it ends.
///
///     magic, version, 0 · store id · segment · salt · page size · inode · clocks · boot · class
///     predecessor's last block · its chain value · snapshot's bytes and checksum · crc
///
/// It is stored twice, each copy in a page of its own. The predecessor ends with the block named
/// here whatever its file may hold beyond. The ends of its partitions are in the snapshot.
struct SegmentHeader: Equatable, Sendable {
    static let magic: UInt32 = 0x4D52_5348  // "MRSH"
    static let version = LogLimits.formatVersion
    static let byteCount =
        4 + 2 + 2 + 16 + 8 + 8 + 4 + 8 + ClockReading.byteCount + 8 + 32 + 8
        + 4 + 8 + 4 + 4
    static let classNameByteCountMax = 32

    var store: StoreID
    var segment: UInt64
    var salt: UInt64
    var pageByteCount: Int
    /// The number of the file itself: a copy has another.
    var inode: UInt64
    var clock: ClockReading
    /// A fingerprint of the boot id under which the segment was created.
    var boot: UInt64
    var storageClass: String
    /// The last block before this segment; number 0 before the first block of a store.
    var lastBlock: BlockNumber
    var chain: UInt32
    var snapshotByteCount: Int
    var snapshotChecksum: UInt32

    func encode() -> [UInt8] {
        var writer = ByteWriter(reserving: Self.byteCount)
        writer.append(bigEndian: Self.magic)
        writer.append(bigEndian: Self.version)
        writer.append(bigEndian: UInt16(0))
        writer.append(bigEndian: store.high)
        writer.append(bigEndian: store.low)
        writer.append(bigEndian: segment)
        writer.append(bigEndian: salt)
        writer.append(bigEndian: UInt32(pageByteCount))
        writer.append(bigEndian: inode)
        clock.encode(into: &writer)
        writer.append(bigEndian: boot)
        let name = Array(storageClass.utf8.prefix(Self.classNameByteCountMax))
        writer.append(name + Array(repeating: 0, count: Self.classNameByteCountMax - name.count))
        writer.append(bigEndian: lastBlock.rawValue)
        writer.append(bigEndian: chain)
        writer.append(bigEndian: UInt64(snapshotByteCount))
        writer.append(bigEndian: snapshotChecksum)
        writer.append(bigEndian: CRC32C.checksum(writer.bytes.rawSpan))
        assert(writer.count == Self.byteCount, "a segment header of \(writer.count) bytes")
        return writer.bytes
    }

    /// Why a value that begins like a segment header cannot be used.
    enum Problem: Error, Equatable {
        case notAHeader
        case checksum(expected: UInt32, found: UInt32)
        case version(UInt16)
        case malformed
    }

    init(_ bytes: RawSpan) throws(Problem) {
        guard bytes.byteCount >= Self.byteCount else { throw .notAHeader }
        var reader = ByteReader(bytes)
        guard (try? reader.integer(as: UInt32.self)) == Self.magic else { throw .notAHeader }
        var end = ByteReader(bytes.extracting((Self.byteCount - 4)..<Self.byteCount))
        guard let stored = try? end.integer(as: UInt32.self) else { throw .notAHeader }
        let found = CRC32C.checksum(bytes.extracting(0..<(Self.byteCount - 4)))
        guard stored == found else { throw .checksum(expected: stored, found: found) }
        guard let version = try? reader.integer(as: UInt16.self) else { throw .malformed }
        guard version == Self.version else { throw .version(version) }
        do { try self.init(fields: &reader) } catch { throw .malformed }
    }

    private init(fields reader: inout ByteReader) throws(DecodeError) {
        try reader.skip(2)
        store = StoreID(high: try reader.integer(), low: try reader.integer())
        segment = try reader.integer()
        salt = try reader.integer()
        pageByteCount = Int(try reader.integer(as: UInt32.self))
        inode = try reader.integer()
        clock = try ClockReading(&reader)
        boot = try reader.integer()
        let name = try reader.array(Self.classNameByteCountMax)
        storageClass = String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
        lastBlock = BlockNumber(rawValue: try reader.integer())
        chain = try reader.integer()
        snapshotByteCount = Int(clamping: try reader.integer(as: UInt64.self))
        snapshotChecksum = try reader.integer()
    }

    init(
        store: StoreID, segment: UInt64, salt: UInt64, pageByteCount: Int, inode: UInt64,
        clock: ClockReading, boot: UInt64, storageClass: String, lastBlock: BlockNumber,
        chain: UInt32, snapshot: [UInt8]
    ) {
        self.store = store
        self.segment = segment
        self.salt = salt
        self.pageByteCount = pageByteCount
        self.inode = inode
        self.clock = clock
        self.boot = boot
        self.storageClass = storageClass
        self.lastBlock = lastBlock
        self.chain = chain
        self.snapshotByteCount = snapshot.count
        self.snapshotChecksum = CRC32C.checksum(snapshot.rawSpan)
    }
}
