internal import Bytes

/// The index file: a cache, made after the roll and thrown away when anything in it is wrong.
///
///     magic, version · store id · salt · segment · blocks · partitions · crc
///
/// After the salt everything is varints, most of them differences to the entry before.
extension SegmentIndex {
    private static let magic: UInt32 = 0x4D52_4958  // "MRIX"
    private static let version = LogLimits.formatVersion

    func encode(store: StoreID, salt: UInt64) -> [UInt8] {
        var writer = ByteWriter(reserving: 64 + blocks.count * 6)
        writer.append(bigEndian: Self.magic)
        writer.append(bigEndian: Self.version)
        writer.append(bigEndian: store.high)
        writer.append(bigEndian: store.low)
        writer.append(bigEndian: salt)
        writer.append(varint: segment)
        encodeBlocks(into: &writer)
        writer.append(varint: partitions.count)
        for (id, partition) in partitions.sorted(by: { $0.key < $1.key }) {
            encode(id, partition, into: &writer)
        }
        writer.append(bigEndian: CRC32C.checksum(writer.bytes.rawSpan))
        return writer.bytes
    }

    private func encodeBlocks(into writer: inout ByteWriter) {
        writer.append(varint: blocks.count)
        var last = Block(number: BlockNumber(rawValue: 0), position: 0, byteCount: 0)
        for block in blocks {
            writer.append(varint: block.number.rawValue &- last.number.rawValue)
            writer.append(zigzag: Int64(block.position - last.position - last.byteCount))
            writer.append(varint: block.byteCount)
            last = block
        }
    }

    private func encode(
        _ id: PartitionID, _ partition: Partition, into writer: inout ByteWriter
    ) {
        writer.append(id)
        writer.append(varint: UInt64(partition.end))
        writer.append(varint: partition.entries.count)
        var last = Entry(baseOffset: 0, block: 0, appendTime: 0, createTime: 0)
        for entry in partition.entries {
            writer.append(varint: UInt64(entry.baseOffset - last.baseOffset))
            writer.append(varint: entry.block - last.block)
            writer.append(zigzag: entry.appendTime &- last.appendTime)
            writer.append(zigzag: entry.createTime &- entry.appendTime)
            last = entry
        }
    }

    /// Nil when the bytes are not the whole index of that segment of that store.
    init?(_ bytes: [UInt8], store: StoreID, salt: UInt64, segment: UInt64) {
        guard bytes.count > 42 else { return nil }
        let covered = bytes.rawSpan.extracting(0..<(bytes.count - 4))
        var end = ByteReader(bytes.rawSpan.extracting((bytes.count - 4)..<bytes.count))
        guard (try? end.integer(as: UInt32.self)) == CRC32C.checksum(covered) else { return nil }
        var reader = ByteReader(covered)
        guard (try? reader.integer(as: UInt32.self)) == Self.magic,
            (try? reader.integer(as: UInt16.self)) == Self.version,
            (try? reader.integer(as: UInt64.self)) == store.high,
            (try? reader.integer(as: UInt64.self)) == store.low,
            (try? reader.integer(as: UInt64.self)) == salt, (try? reader.varint()) == segment
        else { return nil }
        do { try self.init(segment: segment, fields: &reader) } catch { return nil }
    }

    private init(segment: UInt64, fields reader: inout ByteReader) throws(DecodeError) {
        self.init(segment: segment)
        try decodeBlocks(&reader)
        for _ in 0..<(try reader.length()) { try decodePartition(&reader) }
        guard reader.isAtEnd else { throw .badValue(position: reader.position) }
    }

    private mutating func decodeBlocks(_ reader: inout ByteReader) throws(DecodeError) {
        let count = try reader.length()
        var last = Block(number: BlockNumber(rawValue: 0), position: 0, byteCount: 0)
        blocks.reserveCapacity(count)
        for _ in 0..<count {
            let number = BlockNumber(rawValue: last.number.rawValue &+ (try reader.varint()))
            let start = reader.position
            let (end, overflow) = (last.position + last.byteCount).addingReportingOverflow(
                Int(try reader.zigzag()))
            let length = try reader.varint()
            guard !overflow, end >= 0, end < 1 << 48,
                length <= UInt64(LogLimits.blockByteCountMax)
            else { throw .badValue(position: start) }
            last = Block(number: number, position: end, byteCount: Int(length))
            blocks.append(last)
        }
    }

    private mutating func decodePartition(_ reader: inout ByteReader) throws(DecodeError) {
        let id = try reader.partition()
        var partition = Partition(end: try reader.offset())
        let count = try reader.length()
        partition.entries.reserveCapacity(count)
        var last = Entry(baseOffset: 0, block: 0, appendTime: 0, createTime: 0)
        for _ in 0..<count {
            let offset = try reader.offset()
            let step = try reader.varint()
            let appendTime = last.appendTime &+ (try reader.zigzag())
            let createTime = appendTime &+ (try reader.zigzag())
            guard offset <= LogLimits.offsetMax - last.baseOffset,
                step < UInt64(blocks.count - last.block)
            else { throw .badValue(position: reader.position) }
            last = Entry(
                baseOffset: last.baseOffset + offset, block: last.block + Int(step),
                appendTime: appendTime, createTime: createTime)
            partition.entries.append(last)
        }
        setPartition(id, partition)
    }
}
