internal import Bytes
internal import StreamLog
internal import StreamModel

// The fields that requests and answers are made of.

extension ByteWriter {
    mutating func append(text: String) { append(prefixed: text.utf8) }

    mutating func append(_ stream: StreamIncarnation) {
        append(varint: UInt64(stream.rawValue))
    }

    mutating func append(_ id: PartitionID) {
        append(id.incarnation)
        append(varint: UInt64(id.index))
    }

    /// A zero, or a one and the number.
    mutating func append(optional number: Int64?) {
        append(number == nil ? 0 : 1)
        if let number { append(zigzag: number) }
    }

    mutating func append(_ gap: Gap) {
        append(varint: UInt64(gap.offsets.lowerBound))
        append(varint: UInt64(gap.offsets.upperBound))
        append(gap.reason.rawValue)
        append(zigzag: gap.time)
    }

    /// The count, then the elements.
    mutating func append<Element>(
        _ list: [Element], _ element: (Element, inout ByteWriter) -> Void
    ) {
        append(varint: list.count)
        for item in list { element(item, &self) }
    }
}

extension ByteReader {
    mutating func text() throws(DecodeError) -> String {
        let start = position
        guard let text = String(validating: try array(try length()), as: UTF8.self) else {
            throw .badValue(position: start)
        }
        return text
    }

    mutating func name() throws(DecodeError) -> StreamName {
        let start = position
        guard let name = try? StreamName(try text()) else { throw .badValue(position: start) }
        return name
    }

    /// The name of a group or a feed, as it goes into a position.
    mutating func name(of kind: PositionKind) throws(DecodeError) -> String {
        let start = position
        let text = try text()
        let isLegal =
            switch kind {
            case .group: (try? ConsumerGroupName(text)) != nil
            case .feed: (try? FeedName(text)) != nil
            }
        guard isLegal else { throw .badValue(position: start) }
        return text
    }

    mutating func flag() throws(DecodeError) -> Bool {
        let start = position
        let byte = try byte()
        guard byte <= 1 else { throw .badValue(position: start) }
        return byte == 1
    }

    mutating func number(atMost limit: Int) throws(DecodeError) -> Int {
        let start = position
        guard let value = Int(exactly: try varint()), value <= limit else {
            throw .badValue(position: start)
        }
        return value
    }

    mutating func optional() throws(DecodeError) -> Int64? { try flag() ? try zigzag() : nil }

    mutating func incarnation() throws(DecodeError) -> StreamIncarnation {
        StreamIncarnation(rawValue: UInt32(try number(atMost: Int(UInt32.max))))
    }

    mutating func partition() throws(DecodeError) -> PartitionID {
        PartitionID(
            try incarnation(),
            UInt32(try number(atMost: PartitionIndex.counts.upperBound - 1)))
    }

    mutating func offset() throws(DecodeError) -> Offset {
        Offset(unchecked: Int64(try number(atMost: Int(LogLimits.offsetMax))))
    }

    /// Two offsets, of which the second is not before the first.
    mutating func offsets() throws(DecodeError) -> Range<Int64> {
        let start = position
        let lower = try offset().rawValue
        let upper = try offset().rawValue
        guard lower <= upper else { throw .badValue(position: start) }
        return lower..<upper
    }

    mutating func gap() throws(DecodeError) -> Gap {
        let start = position
        let offsets = try offsets()
        guard !offsets.isEmpty, let reason = Gap.Reason(rawValue: try byte()) else {
            throw .badValue(position: start)
        }
        return Gap(offsets: offsets, reason: reason, time: try zigzag())
    }

    mutating func kind() throws(DecodeError) -> PositionKind {
        let start = position
        guard let kind = PositionKind(rawValue: try byte()) else {
            throw .badValue(position: start)
        }
        return kind
    }

    mutating func gate() throws(DecodeError) -> FeedGate {
        let start = position
        guard let gate = FeedGate(rawValue: try byte()) else { throw .badValue(position: start) }
        return gate
    }

    /// As many elements as the count says. A false count reserves nothing: an element has at least
    /// one byte.
    mutating func list<Element>(
        atMost limit: Int = .max, _ element: (inout ByteReader) throws(DecodeError) -> Element
    ) throws(DecodeError) -> [Element] {
        let start = position
        let count = try length()
        guard count <= limit else { throw .badLength(position: start) }
        var list: [Element] = []
        for _ in 0..<count { list.append(try element(&self)) }
        return list
    }
}

extension StreamConfiguration {
    func encode(into writer: inout ByteWriter) {
        writer.append(compression.rawValue)
        writer.append(varint: UInt64(max(0, createTimeDistanceMax)))
    }

    init(_ reader: inout ByteReader) throws(DecodeError) {
        let start = reader.position
        guard let compression = Compression(rawValue: try reader.byte()) else {
            throw .badValue(position: start)
        }
        self.init(
            compression: compression,
            createTimeDistanceMax: Int64(try reader.number(atMost: Int(LogLimits.offsetMax))))
    }
}

extension StreamDefinition {
    func encode(into writer: inout ByteWriter) {
        writer.append(incarnation)
        writer.append(text: name.text)
        writer.append(varint: partitionCount)
        writer.append(zigzag: createdAt)
        configuration.encode(into: &writer)
    }

    init(_ reader: inout ByteReader) throws(DecodeError) {
        let incarnation = try reader.incarnation()
        let name: StreamName = try reader.name()
        let count = try reader.number(atMost: PartitionIndex.counts.upperBound)
        let createdAt = try reader.zigzag()
        self.init(
            incarnation: incarnation, name: name, partitionCount: count,
            configuration: try StreamConfiguration(&reader), createdAt: createdAt)
    }
}
