public import Bytes
public import Compression

/// Why a record batch cannot be made, or cannot be believed.
public enum BatchError: Error, Equatable, Sendable {
    /// One record alone makes a batch of `byteCount`, more than a batch may have.
    case recordTooLarge(byteCount: Int, limit: Int)
    /// The batch has, or would have, `byteCount` bytes.
    case batchTooLarge(byteCount: Int, limit: Int)
    /// The head is wrong; positions count from the start of the batch.
    case malformed(DecodeError)
    /// The batch is in a format that is not Kafka's second.
    case unsupportedMagic(Int8)
    /// The bytes are not those that were written.
    case checksumMismatch(expected: UInt32, found: UInt32)
    /// The head counts `recordCount` records in `lastOffsetDelta + 1` offsets.
    case badCount(recordCount: Int32, lastOffsetDelta: Int32)
    /// A record is wrong; positions count from the start of the decompressed records.
    case malformedRecord(index: Int, DecodeError)
    /// The records cannot be decompressed.
    case compression(CompressionError)
}

extension BatchError: CustomStringConvertible {
    /// What went wrong, as a sentence without its full stop.
    public var description: String {
        switch self {
        case .recordTooLarge(let byteCount, let limit):
            "a record makes a batch of \(byteCount) bytes, and the limit is \(limit)"
        case .batchTooLarge(let byteCount, let limit):
            "a batch has \(byteCount) bytes, and the limit is \(limit)"
        case .malformed(let error): "the head of a batch is wrong: \(error)"
        case .unsupportedMagic(let magic): "a batch is in format \(magic), and only 2 is known"
        case .checksumMismatch(let expected, let found):
            "a batch is damaged: its checksum should be \(expected) and is \(found)"
        case .badCount(let recordCount, let lastOffsetDelta):
            "a batch counts \(recordCount) records, and its last offset is \(lastOffsetDelta) "
                + "after its first"
        case .malformedRecord(let index, let error): "record \(index) of a batch is wrong: \(error)"
        case .compression(let error): "the records of a batch cannot be read: \(error)"
        }
    }
}
