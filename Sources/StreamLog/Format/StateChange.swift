internal import Bytes
internal import StreamModel

/// One change of the log's state beyond what its batches say.
///
/// Blocks carry the changes that their commit makes; a snapshot is the list of changes that makes
/// its state out of nothing. On disk: a tag byte, the length of what follows as a varint, and the
/// fields in the order of the case, integers as varints (zigzag where they may be negative), names
/// and metadata with their length before them. A reader refuses a tag it does not know.
enum StateChange: Equatable, Sendable {
    case stream(StreamDefinition)
    case streamDeleted(StreamIncarnation)
    /// Only in snapshots and after a jump: elsewhere ends follow from the directories.
    case end(PartitionID, offset: Int64)
    case logStart(PartitionID, offset: Int64)
    case gap(PartitionID, Gap)
    case producer(ProducerID, epoch: Int16, lastUsed: Int64, name: String)
    /// Only in snapshots: elsewhere windows follow from the directories.
    case window(ProducerID, PartitionID, ProducerWindow)
    case producerExpired(ProducerID)
    case position(PositionKey, Position)
    case positionRemoved(PositionKey)
    case feed(FeedKey, gate: FeedGate)
    case feedRemoved(FeedKey)
    case firstSegment(UInt64)
    case clockEpoch(ClockEpoch)
    /// Only in snapshots.
    case allocators(nextIncarnation: UInt32, nextProducer: Int64)
    /// Segments up to that number were written before the store was cloned, under another id.
    case formerStore(FormerStore)

    private enum Tag: UInt8 {
        case stream = 1
        case streamDeleted, end, logStart, gap, producer, window, producerExpired, position
        case positionRemoved, feed, feedRemoved, firstSegment, clockEpoch, allocators
        case formerStore
    }

    func encode(into writer: inout ByteWriter) {
        var fields = ByteWriter(reserving: 32)
        let tag = encodeFields(into: &fields)
        writer.append(tag.rawValue)
        writer.append(prefixed: fields.bytes)
    }

    private func encodeFields(into fields: inout ByteWriter) -> Tag {
        switch self {
        case .stream(let definition):
            definition.encode(into: &fields)
            return .stream
        case .streamDeleted(let incarnation):
            fields.append(varint: UInt64(incarnation.rawValue))
            return .streamDeleted
        case .end(let partition, let offset):
            fields.append(partition)
            fields.append(varint: UInt64(offset))
            return .end
        case .logStart(let partition, let offset):
            fields.append(partition)
            fields.append(varint: UInt64(offset))
            return .logStart
        case .gap(let partition, let gap):
            fields.append(partition)
            gap.encode(into: &fields)
            return .gap
        case .producer(let id, let epoch, let lastUsed, let name):
            fields.append(varint: UInt64(id.rawValue))
            fields.append(zigzag: Int64(epoch))
            fields.append(varint: UInt64(lastUsed))
            fields.append(prefixed: name.utf8)
            return .producer
        case .window(let id, let partition, let window):
            fields.append(varint: UInt64(id.rawValue))
            fields.append(partition)
            window.encode(into: &fields)
            return .window
        case .producerExpired(let id):
            fields.append(varint: UInt64(id.rawValue))
            return .producerExpired
        case .position(let key, let position):
            fields.append(key)
            fields.append(varint: UInt64(position.offset))
            fields.append(prefixed: position.metadata)
            return .position
        case .positionRemoved(let key):
            fields.append(key)
            return .positionRemoved
        case .feed(let key, let gate):
            fields.append(key)
            fields.append(gate.rawValue)
            return .feed
        case .feedRemoved(let key):
            fields.append(key)
            return .feedRemoved
        case .firstSegment(let number):
            fields.append(varint: number)
            return .firstSegment
        case .clockEpoch(let epoch):
            epoch.encode(into: &fields)
            return .clockEpoch
        case .allocators(let nextIncarnation, let nextProducer):
            fields.append(varint: UInt64(nextIncarnation))
            fields.append(varint: UInt64(nextProducer))
            return .allocators
        case .formerStore(let former):
            former.encode(into: &fields)
            return .formerStore
        }
    }

    init(_ reader: inout ByteReader) throws(DecodeError) {
        let start = reader.position
        let byte = try reader.byte()
        var fields = try reader.slice(try reader.length())
        guard let tag = Tag(rawValue: byte) else { throw .badValue(position: start) }
        switch tag {
        case .stream: self = .stream(try StreamDefinition(&fields))
        case .streamDeleted: self = .streamDeleted(try fields.incarnation())
        case .end: self = .end(try fields.partition(), offset: try fields.offset())
        case .logStart: self = .logStart(try fields.partition(), offset: try fields.offset())
        case .gap: self = .gap(try fields.partition(), try Gap(&fields))
        case .producer:
            self = .producer(
                try fields.producer(), epoch: try fields.epoch(), lastUsed: try fields.offset(),
                name: try fields.text())
        case .window:
            self = .window(
                try fields.producer(), try fields.partition(), try ProducerWindow(&fields))
        case .producerExpired: self = .producerExpired(try fields.producer())
        case .position:
            self = .position(
                try fields.positionKey(),
                Position(
                    offset: try fields.offset(), metadata: try fields.array(try fields.length())))
        case .positionRemoved: self = .positionRemoved(try fields.positionKey())
        case .feed:
            let key = try fields.feedKey()
            let place = fields.position
            guard let gate = FeedGate(rawValue: try fields.byte()) else {
                throw .badValue(position: place)
            }
            self = .feed(key, gate: gate)
        case .feedRemoved: self = .feedRemoved(try fields.feedKey())
        case .firstSegment: self = .firstSegment(try fields.varint())
        case .clockEpoch: self = .clockEpoch(try ClockEpoch(&fields))
        case .allocators:
            self = .allocators(
                nextIncarnation: try fields.incarnation().rawValue,
                nextProducer: try fields.producer().rawValue)
        case .formerStore: self = .formerStore(try FormerStore(&fields))
        }
        guard fields.isAtEnd else { throw .badValue(position: fields.position) }
    }
}

extension ByteWriter {
    mutating func append(_ partition: PartitionID) {
        append(varint: UInt64(partition.incarnation.rawValue))
        append(varint: UInt64(partition.index))
    }

    fileprivate mutating func append(_ key: PositionKey) {
        append(key.kind.rawValue)
        append(prefixed: key.name.utf8)
        append(key.partition)
    }

    fileprivate mutating func append(_ key: FeedKey) {
        append(varint: UInt64(key.incarnation.rawValue))
        append(prefixed: key.name.utf8)
    }
}

extension ByteReader {
    mutating func incarnation() throws(DecodeError) -> StreamIncarnation {
        let start = position
        guard let value = UInt32(exactly: try varint()), value < .max else {
            throw .badValue(position: start)
        }
        return StreamIncarnation(rawValue: value)
    }

    mutating func partition() throws(DecodeError) -> PartitionID {
        let incarnation = try incarnation()
        let start = position
        let index = try varint()
        guard index < UInt64(LogLimits.partitionCountMax) else { throw .badValue(position: start) }
        return PartitionID(incarnation, UInt32(index))
    }

    mutating func offset() throws(DecodeError) -> Int64 {
        let start = position
        let value = try varint()
        guard value <= UInt64(LogLimits.offsetMax) else { throw .badValue(position: start) }
        return Int64(value)
    }

    mutating func producer() throws(DecodeError) -> ProducerID {
        ProducerID(rawValue: try offset())
    }

    mutating func epoch() throws(DecodeError) -> Int16 {
        let start = position
        guard let value = Int16(exactly: try zigzag()) else { throw .badValue(position: start) }
        return value
    }

    mutating func text() throws(DecodeError) -> String {
        let start = position
        let bytes = try array(try length())
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .badValue(position: start)
        }
        return text
    }

    fileprivate mutating func positionKey() throws(DecodeError) -> PositionKey {
        let start = position
        guard let kind = PositionKind(rawValue: try byte()) else {
            throw .badValue(position: start)
        }
        return PositionKey(kind: kind, name: try text(), partition: try partition())
    }

    fileprivate mutating func feedKey() throws(DecodeError) -> FeedKey {
        FeedKey(incarnation: try incarnation(), name: try text())
    }
}
