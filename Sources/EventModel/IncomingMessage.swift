internal import AMQP
internal import Bytes
package import StreamModel

/// A message that a producer sent: one event, or a batch of events for one partition.
///
/// Everything in it has been looked at, so that what follows cannot fail half-way through a batch.
package struct IncomingMessage: Sendable {
    /// The message format of a batch: every data section of its body is a whole message.
    package static let batchFormat: UInt32 = 0x8001_3700

    /// Every event of a batch is stored with the key, so it must not be large. Event Hubs allows
    /// 128 characters.
    package static let keyByteCountMax = 512

    /// How many bytes the message has.
    package let byteCount: Int
    private let contents: MessageContents

    /// Reads a message as it came in transfers, with the format that its first transfer named.
    package init(_ bytes: RawSpan, format: UInt32) throws(EventError) {
        var contents = MessageContents()
        do throws(DecodeError) {
            if format == Self.batchFormat {
                try contents.readBatch(bytes)
            } else {
                try contents.readSingle(bytes)
            }
        } catch {
            throw .malformed(error)
        }
        guard !contents.events.isEmpty else { throw .emptyBatch }
        let keyByteCount = contents.partitionKey?.count ?? 0
        guard keyByteCount <= Self.keyByteCountMax else {
            throw .keyTooLong(byteCount: keyByteCount, limit: Self.keyByteCountMax)
        }
        byteCount = bytes.byteCount
        self.contents = contents
    }

    /// The partition key, on the envelope or on the first event.
    package var partitionKey: [UInt8]? { contents.partitionKey }

    /// What an idempotent producer numbered it with.
    package var producer: ProducerNote? { contents.producer }

    /// How many events there are: at least one.
    package var count: Int { contents.events.count }

    /// What a builder needs at most to take all events, whatever they are made of.
    package var recordByteCountMax: Int {
        2 * byteCount + (96 + (partitionKey?.count ?? 0)) * count
    }

    /// Appends every event to a batch of records. `whole` has to be the bytes that were read.
    package func append(
        eventsOf whole: RawSpan, to builder: inout RecordBatchBuilder, receivedAt now: Timestamp
    ) throws(EventError) {
        precondition(whole.byteCount == byteCount, "\(whole.byteCount) bytes are another message")
        for event in contents.events {
            try EventEncoder.append(
                whole.extracting(event.range), event.index, partitionKey: partitionKey, at: now,
                to: &builder)
        }
    }
}

/// What a message holds, and where.
private struct MessageContents {
    /// Where one event lies in the message.
    struct Event {
        let range: Range<Int>
        let index: MessageIndex
    }

    private(set) var partitionKey: [UInt8]?
    private(set) var producer: ProducerNote?
    private(set) var events: [Event] = []

    mutating func readSingle(_ whole: RawSpan) throws(DecodeError) {
        let index = try MessageIndex(of: whole)
        try EventEncoder.check(index, of: whole)
        events = [Event(range: 0..<whole.byteCount, index: index)]
        try readNotes(index, of: whole)
    }

    /// Every data section is an event; what else an envelope holds are copies of what they hold.
    mutating func readBatch(_ whole: RawSpan) throws(DecodeError) {
        var cursor = SectionCursor(whole)
        while let section = try cursor.next() {
            switch section.kind {
            case .data: try readInner(section, of: whole)
            case .messageAnnotations: try readNotes(section, of: whole)
            case .header, .deliveryAnnotations, .properties, .applicationProperties, .sequence,
                .value, .footer:
                break
            }
        }
    }

    private mutating func readInner(
        _ section: MessageSection, of whole: RawSpan
    ) throws(DecodeError) {
        var reader = ValueReader(whole.extracting(section.value))
        guard let content = try reader.binaryRange() else {
            throw .badValue(position: section.value.lowerBound)
        }
        let start = section.value.lowerBound + content.lowerBound
        let range = start..<(start + content.count)
        let inner = whole.extracting(range)
        let index = try MessageIndex(of: inner)
        try EventEncoder.check(index, of: inner)
        if events.isEmpty { try readNotes(index, of: inner) }
        events.append(Event(range: range, index: index))
    }

    private mutating func readNotes(
        _ section: MessageSection, of message: RawSpan
    ) throws(DecodeError) {
        let notes = try ProducerAnnotations(section.value, of: message)
        partitionKey = partitionKey ?? notes.partitionKey
        producer = producer ?? notes.producer
    }

    private mutating func readNotes(
        _ index: MessageIndex, of message: RawSpan
    ) throws(DecodeError) {
        guard let range = index.messageAnnotations else { return }
        var cursor = SectionCursor(message.extracting(range))
        guard let section = try cursor.next() else { return }
        try readNotes(section, of: message.extracting(range))
    }
}

/// How an idempotent producer numbered its events.
package struct ProducerNote: Hashable, Sendable {
    /// Who sent it.
    package let id: Int64
    /// In which life.
    package let epoch: Int16
    /// The number of the first event.
    package let sequence: Int32

    /// A note with these numbers.
    package init(id: Int64, epoch: Int16, sequence: Int32) {
        self.id = id
        self.epoch = epoch
        self.sequence = sequence
    }
}

/// What a producer says to the service in a message's annotations.
struct ProducerAnnotations {
    var partitionKey: [UInt8]?
    var producer: ProducerNote?

    /// Reads the value of a section of annotations.
    init(_ value: Range<Int>, of message: RawSpan) throws(DecodeError) {
        var reader = ValueReader(message.extracting(value))
        guard var pairs = try reader.map() else { return }
        var (id, epoch, sequence): (Int64?, Int64?, Int64?)
        while pairs.left > 0 {
            pairs.left -= 2
            let key = try Annotation.key(of: &pairs.values)
            switch key {
            case .partitionKey: partitionKey = try Self.text(&pairs.values)
            case .producerID: id = try Self.integer(&pairs.values)
            case .producerEpoch: epoch = try Self.integer(&pairs.values)
            case .producerSequence: sequence = try Self.integer(&pairs.values)
            default: try pairs.values.skip()
            }
        }
        try pairs.end()
        if let id, let epoch = epoch.flatMap(Int16.init(exactly:)),
            let sequence = sequence.flatMap(Int32.init(exactly:))
        {
            producer = ProducerNote(id: id, epoch: epoch, sequence: sequence)
        }
    }

    private static func text(_ reader: inout ValueReader) throws(DecodeError) -> [UInt8]? {
        try reader.value().text.map { Array($0.utf8) }
    }

    private static func integer(_ reader: inout ValueReader) throws(DecodeError) -> Int64? {
        try reader.value().integer
    }
}
