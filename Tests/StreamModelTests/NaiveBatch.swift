import Bytes
import StreamModel
import TestKit

/// A batch written field by field, as the protocol guide lists them: the naive model beside the
/// builder, and a way to make batches that it would never make.
struct NaiveBatch {
    var header = RecordBatchHeader()
    /// The part of the batch behind its head.
    var body: [UInt8] = []

    init() {}

    init(_ records: [Record]) {
        header.recordCount = Int32(records.count)
        header.lastOffsetDelta = Int32(records.count - 1)
        header.baseTimestamp = records[0].timestamp.milliseconds
        header.maxTimestamp = records.map(\.timestamp.milliseconds).max() ?? 0
        for (index, record) in records.enumerated() {
            append(
                record, offsetDelta: Int64(index),
                timeDelta: record.timestamp.milliseconds &- header.baseTimestamp)
        }
    }

    mutating func append(_ record: Record, offsetDelta: Int64, timeDelta: Int64) {
        var inner = ByteWriter()
        inner.append(0)
        inner.append(zigzag: timeDelta)
        inner.append(zigzag: offsetDelta)
        inner.append(nullable: record.key)
        inner.append(nullable: record.value)
        inner.append(zigzag: Int64(record.headers.count))
        for header in record.headers {
            inner.append(nullable: Array(header.name.utf8))
            inner.append(nullable: header.value)
        }
        var outer = ByteWriter()
        outer.append(zigzag: Int64(inner.count))
        outer.append(inner.bytes)
        body += outer.bytes
    }

    /// The bytes, with the length and the checksum that they should have.
    var bytes: [UInt8] {
        var head = header
        head.batchLength = Int32(RecordBatchHeader.byteCount + body.count - 12)
        var covered = ByteWriter()
        covered.append(bigEndian: head.attributes)
        covered.append(bigEndian: head.lastOffsetDelta)
        covered.append(bigEndian: head.baseTimestamp)
        covered.append(bigEndian: head.maxTimestamp)
        covered.append(bigEndian: head.producerID)
        covered.append(bigEndian: head.producerEpoch)
        covered.append(bigEndian: head.baseSequence)
        covered.append(bigEndian: head.recordCount)
        covered.append(body)
        var whole = ByteWriter()
        whole.append(bigEndian: head.baseOffset)
        whole.append(bigEndian: head.batchLength)
        whole.append(bigEndian: head.partitionLeaderEpoch)
        whole.append(2)
        whole.append(bigEndian: CRC32C.checksum(covered.bytes.rawSpan))
        whole.append(covered.bytes)
        return whole.bytes
    }
}

extension ByteWriter {
    fileprivate mutating func append(nullable bytes: [UInt8]?) {
        append(zigzag: Int64(bytes?.count ?? -1))
        append(bytes ?? [])
    }
}

extension Record {
    /// Records of all shapes, which follow from `seed`.
    static func random(_ count: Int, seed: UInt64) -> [Record] {
        var generator = SeededGenerator(seed: seed)
        func bytes(_ limit: Int) -> [UInt8]? {
            let count = Int.random(in: -1...limit, using: &generator)
            return count < 0 ? nil : generator.bytes(count)
        }
        let start = Int64.random(in: 0...2_000_000_000_000, using: &generator)
        return (0..<count).map { _ in
            let headers = (0..<max(0, Int.random(in: -2...3, using: &generator))).map { index in
                Record.Header(name: "größe-\(index)", value: bytes(20))
            }
            let time = start + Int64.random(in: -5000...100_000, using: &generator)
            return Record(
                key: bytes(16), value: bytes(300), headers: headers,
                timestamp: Timestamp(milliseconds: time))
        }
    }

    /// The simplest record.
    static func of(_ text: String, at milliseconds: Int64 = 0) -> Record {
        Record(value: Array(text.utf8), timestamp: Timestamp(milliseconds: milliseconds))
    }
}

/// A batch of `records` made by the builder.
func built(_ records: [Record], from producer: BatchProducer? = nil) throws -> RecordBatch {
    var builder = RecordBatchBuilder()
    for record in records { try builder.append(record) }
    return builder.finish(from: producer)
}
