internal import AMQP
internal import Bytes

/// The annotations that Event Hubs gives a meaning, by name and as bytes that are ready to be sent.
enum Annotation: CaseIterable {
    case sequenceNumber, offset, enqueuedTime, partitionKey, kafkaKey
    case producerID, producerEpoch, producerSequence

    var name: String {
        switch self {
        case .sequenceNumber: "x-opt-sequence-number"
        case .offset: "x-opt-offset"
        case .enqueuedTime: "x-opt-enqueued-time"
        case .partitionKey: "x-opt-partition-key"
        case .kafkaKey: "x-opt-kafka-key"
        case .producerID: "com.microsoft:producer-id"
        case .producerEpoch: "com.microsoft:producer-epoch"
        case .producerSequence: "com.microsoft:producer-sequence-number"
        }
    }

    /// Whether the service sets it, whatever a producer has put there.
    var isOfService: Bool {
        switch self {
        case .sequenceNumber, .offset, .enqueuedTime: true
        case .partitionKey, .kafkaKey, .producerID, .producerEpoch, .producerSequence: false
        }
    }

    private static let names: [(bytes: [UInt8], annotation: Annotation)] = allCases.map {
        (Array($0.name.utf8), $0)
    }

    /// The annotation that a key names, which is stepped over; nil for any other key.
    static func key(of reader: inout ValueReader) throws(DecodeError) -> Annotation? {
        switch try reader.bytes.peek() {
        case FormatCode.symbol8.rawValue, FormatCode.symbol32.rawValue,
            FormatCode.string8.rawValue, FormatCode.string32.rawValue:
            guard let name = try reader.textSpan() else { return nil }
            return names.first { name.holds($0.bytes) }?.annotation
        default:
            try reader.skip()
            return nil
        }
    }

    /// Encodes a symbol once, for the many times that it is sent.
    static func encoded(_ name: String) -> [UInt8] {
        var writer = ValueWriter()
        writer.append(symbol: Symbol(name))
        return writer.bytes.bytes
    }
}

extension RawSpan {
    /// Whether these are exactly the bytes of `other`.
    func holds(_ other: [UInt8]) -> Bool {
        guard byteCount == other.count else { return false }
        var mine = ByteReader(self)
        for byte in other {
            guard let own = try? mine.byte(), own == byte else { return false }
        }
        return true
    }
}
