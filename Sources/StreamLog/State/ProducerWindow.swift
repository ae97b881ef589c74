internal import Bytes

/// The last batches of one producer in one partition, as Kafka's brokers keep them.
///
/// Sequences count records from 0 to 2^31 - 1 and then begin at 0 again.
struct ProducerWindow: Equatable, Sendable {
    static let batchCountMax = 5

    struct Batch: Equatable, Sendable {
        let baseSequence: Int32
        let recordCount: Int32
        let baseOffset: Int64

        var lastSequence: Int32 { baseSequence.advancedSequence(by: recordCount - 1) }
    }

    /// What to do with a batch that a producer sent.
    enum Verdict: Equatable {
        case append
        /// It is stored already; nil when it is too old for its offset to be remembered.
        case duplicate(baseOffset: Int64?)
        case outOfOrder(expected: Int32)
        case fenced(by: Int16)
    }

    private(set) var epoch: Int16
    /// Oldest first, at most `batchCountMax`, never empty.
    private(set) var batches: [Batch]

    init(epoch: Int16, batch: Batch) {
        self.epoch = epoch
        self.batches = [batch]
    }

    /// The number of the last record stored.
    var lastSequence: Int32 { batches[batches.count - 1].lastSequence }

    func verdict(on stamp: ProducerStamp, recordCount: Int) -> Verdict {
        guard stamp.epoch >= epoch else { return .fenced(by: epoch) }
        guard stamp.epoch == epoch else {
            return stamp.baseSequence == 0 ? .append : .outOfOrder(expected: 0)
        }
        let expected = lastSequence.advancedSequence(by: 1)
        if stamp.baseSequence == expected { return .append }
        let known = batches.first {
            $0.baseSequence == stamp.baseSequence && Int($0.recordCount) == recordCount
        }
        if let known { return .duplicate(baseOffset: known.baseOffset) }
        // Half of the circle of sequences counts as the past, the other half as the future.
        let last = stamp.baseSequence.advancedSequence(by: Int32(clamping: recordCount - 1))
        let isPast = expected.sequenceDistance(from: last) - 1 < Int32.max / 2
        return isPast ? .duplicate(baseOffset: nil) : .outOfOrder(expected: expected)
    }

    /// Remembers a batch that has been appended.
    mutating func append(_ batch: Batch, epoch newEpoch: Int16) {
        precondition(newEpoch >= epoch, "epoch \(newEpoch) after \(epoch)")
        if newEpoch > epoch {
            epoch = newEpoch
            batches = []
        }
        if batches.count == Self.batchCountMax { batches.removeFirst() }
        batches.append(batch)
    }

    func encode(into writer: inout ByteWriter) {
        writer.append(zigzag: Int64(epoch))
        writer.append(varint: batches.count)
        for batch in batches {
            writer.append(varint: UInt64(batch.baseSequence))
            writer.append(varint: UInt64(batch.recordCount))
            writer.append(varint: UInt64(batch.baseOffset))
        }
    }

    init(_ reader: inout ByteReader) throws(DecodeError) {
        epoch = try reader.epoch()
        let start = reader.position
        let count = try reader.length()
        guard (1...Self.batchCountMax).contains(count) else { throw .badValue(position: start) }
        batches = []
        for _ in 0..<count {
            guard let sequence = Int32(exactly: try reader.varint()),
                let records = Int32(exactly: try reader.varint()), records > 0
            else { throw .badValue(position: start) }
            batches.append(
                Batch(
                    baseSequence: sequence, recordCount: records, baseOffset: try reader.offset()))
        }
    }
}

extension Int32 {
    /// The sequence that comes `count` records later, on a circle of 2^31 numbers.
    package func advancedSequence(by count: Int32) -> Int32 { (self &+ count) & Int32.max }

    /// How many records come from `other` up to here, on a circle of 2^31 numbers.
    func sequenceDistance(from other: Int32) -> Int32 { (self &- other) & Int32.max }
}
