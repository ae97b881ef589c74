internal import AMQP
internal import Bytes
internal import StreamModel

/// Names that go with every event, encoded once.
enum EncodedName {
    static let sequenceNumber = Annotation.encoded(Annotation.sequenceNumber.name)
    static let offset = Annotation.encoded(Annotation.offset.name)
    static let enqueuedTime = Annotation.encoded(Annotation.enqueuedTime.name)
    static let partitionKey = Annotation.encoded(Annotation.partitionKey.name)
    static let kafkaKey = Annotation.encoded(Annotation.kafkaKey.name)
    static let lastSequenceNumber = Annotation.encoded("last_enqueued_sequence_number")
    static let lastOffset = Annotation.encoded("last_enqueued_offset")
    static let lastTime = Annotation.encoded("last_enqueued_time_utc")
    static let readTime = Annotation.encoded("runtime_info_retrieval_time_utc")
}

extension EventPlace {
    /// Appends the annotations that tell a receiver where the event stands. Returns their count.
    func appendPairs(to writer: inout ValueWriter) -> Int {
        writer.bytes.append(EncodedName.sequenceNumber)
        writer.append(long: offset.rawValue)
        writer.bytes.append(EncodedName.offset)
        writer.append(decimal: offset.rawValue)
        writer.bytes.append(EncodedName.enqueuedTime)
        writer.append(timestamp: enqueuedTime)
        return 3
    }
}

extension PartitionNews {
    /// Appends what is new at the end of the partition. Returns how many pairs that are.
    func appendPairs(to writer: inout ValueWriter) -> Int {
        writer.bytes.append(EncodedName.lastSequenceNumber)
        writer.append(long: last?.offset.rawValue ?? -1)
        writer.bytes.append(EncodedName.lastOffset)
        writer.append(decimal: last?.offset.rawValue ?? -1)
        writer.bytes.append(EncodedName.lastTime)
        writer.append(timestamp: last?.enqueuedTime ?? 0)
        writer.bytes.append(EncodedName.readTime)
        writer.append(timestamp: readAt)
        return 4
    }
}

extension ValueWriter {
    /// A number as a string: what Event Hubs sends for an offset.
    fileprivate mutating func append(decimal number: Int64) {
        var digits: (UInt64, Int) = (number.magnitude, 1)
        var rest = number.magnitude / 10
        while rest > 0 {
            rest /= 10
            digits.1 += 1
        }
        let count = digits.1 + (number < 0 ? 1 : 0)
        bytes.append(FormatCode.string8.rawValue)
        bytes.append(UInt8(count))
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        var divisor: UInt64 = 1
        for _ in 1..<max(digits.1, 1) { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(digits.0 / divisor % 10))
            divisor /= 10
        }
    }
}
