internal import Bytes

/// A part of a segment's `S` values: the snapshot is cut into chunks, each with its own checksum.
///
///     0       4         6      8      16      20      24        28
///     ┌───────┬─────────┬──────┬──────┬───────┬───────┬─────────┬─────────┬─────┐
///     │ magic │ version │ copy │ salt │ index │ count │ payload │ payload │ crc │
///     │       │         │      │      │       │       │ bytes   │         │     │
///     └───────┴─────────┴──────┴──────┴───────┴───────┴─────────┴─────────┴─────┘
struct SnapshotChunk: Equatable, Sendable {
    static let magic: UInt32 = 0x4D52_5353  // "MRSS"
    static let version = LogLimits.formatVersion
    static let headByteCount = 28
    static let payloadByteCountMax = 256 << 10
    static let byteCountMax = headByteCount + payloadByteCountMax + 4

    var salt: UInt64
    var copy: UInt16
    var index: Int
    var count: Int
    var payload: [UInt8]

    var byteCount: Int { Self.headByteCount + payload.count + 4 }

    /// Cuts a snapshot; even an empty one makes one chunk.
    static func chunks(of snapshot: [UInt8], salt: UInt64, copy: UInt16) -> [SnapshotChunk] {
        let count = max(1, (snapshot.count + payloadByteCountMax - 1) / payloadByteCountMax)
        return (0..<count).map { index in
            let start = index * payloadByteCountMax
            let end = min(start + payloadByteCountMax, snapshot.count)
            return SnapshotChunk(
                salt: salt, copy: copy, index: index, count: count,
                payload: Array(snapshot[start..<end]))
        }
    }

    func encode() -> [UInt8] {
        var writer = ByteWriter(reserving: Self.headByteCount + payload.count + 4)
        writer.append(bigEndian: Self.magic)
        writer.append(bigEndian: Self.version)
        writer.append(bigEndian: copy)
        writer.append(bigEndian: salt)
        writer.append(bigEndian: UInt32(index))
        writer.append(bigEndian: UInt32(count))
        writer.append(bigEndian: UInt32(payload.count))
        writer.append(payload)
        writer.append(bigEndian: CRC32C.checksum(writer.bytes.rawSpan))
        return writer.bytes
    }

    /// The salt of what begins like a chunk, whole or not.
    static func salt(ofChunk bytes: RawSpan) -> UInt64? {
        var reader = ByteReader(bytes)
        do { try reader.skip(8) } catch { return nil }
        return try? reader.integer()
    }

    /// Nil when the bytes are not a whole chunk.
    init?(_ bytes: RawSpan) {
        var reader = ByteReader(bytes)
        guard let chunk = try? SnapshotChunk(fields: &reader) else { return nil }
        let covered = reader.position
        guard let stored = try? reader.integer(as: UInt32.self),
            stored == CRC32C.checksum(bytes.extracting(0..<covered))
        else { return nil }
        self = chunk
    }

    private init(fields reader: inout ByteReader) throws(DecodeError) {
        guard try reader.integer(as: UInt32.self) == Self.magic,
            try reader.integer(as: UInt16.self) == Self.version
        else { throw .badValue(position: 0) }
        copy = try reader.integer()
        salt = try reader.integer()
        index = Int(try reader.integer(as: UInt32.self))
        count = Int(try reader.integer(as: UInt32.self))
        let length = Int(try reader.integer(as: UInt32.self))
        guard length <= Self.payloadByteCountMax, index < count else {
            throw .badLength(position: Self.headByteCount - 4)
        }
        payload = try reader.array(length)
    }

    init(salt: UInt64, copy: UInt16, index: Int, count: Int, payload: [UInt8]) {
        self.salt = salt
        self.copy = copy
        self.index = index
        self.count = count
        self.payload = payload
    }
}
