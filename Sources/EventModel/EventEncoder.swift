internal import AMQP
internal import Bytes
internal import StreamModel

/// Turns one message into one record. `EventWriter` turns it back.
enum EventEncoder {
    /// Makes sure that everything that is read when the event is stored or delivered can be read.
    static func check(_ index: MessageIndex, of message: RawSpan) throws(DecodeError) {
        for range in [index.deliveryAnnotations, index.messageAnnotations] {
            guard let range else { continue }
            try checkMap(range, of: message)
        }
        if let range = index.applicationProperties { try checkMap(range, of: message) }
    }

    private static func checkMap(
        _ section: Range<Int>, of message: RawSpan
    ) throws(DecodeError) {
        var reader = try ValueReader(section: section, of: message)
        guard var pairs = try reader.map() else { throw .badValue(position: section.lowerBound) }
        try pairs.skipRest()
    }

    /// Appends the record of a message that has been checked.
    static func append(
        _ message: RawSpan, _ index: MessageIndex, partitionKey: [UInt8]?, at now: Timestamp,
        to builder: inout RecordBatchBuilder
    ) throws(EventError) {
        var shape = EventShape()
        do throws(DecodeError) {
            try shape.read(message, index)
        } catch {
            throw .malformed(error)
        }
        var value: RawSpan?
        if let range = shape.value { value = message.extracting(range) }
        do throws(BatchError) {
            try builder.append(
                key: partitionKey.rawSpan, value: value,
                headers: shape.headers(isKeyed: partitionKey != nil),
                timestamp: shape.creationTime.map(Timestamp.init(milliseconds:)) ?? now)
        } catch {
            switch error {
            case .recordTooLarge(let byteCount, let limit),
                .batchTooLarge(let byteCount, let limit):
                throw .tooLarge(byteCount: byteCount, limit: limit)
            case .malformed, .unsupportedMagic, .checksumMismatch, .badCount, .malformedRecord,
                .compression:
                preconditionFailure("a record that is being built cannot be \(error)")
            }
        }
    }
}

/// What becomes of the sections of one message.
private struct EventShape {
    private(set) var layout: EventLayout = []
    /// What becomes the record's value; nil for no body.
    private(set) var value: Range<Int>?
    private(set) var creationTime: Int64?
    private var sections: [UInt8] = []
    private var properties: [Record.Header] = []

    mutating func read(_ message: RawSpan, _ index: MessageIndex) throws(DecodeError) {
        try readBody(message, index)
        try readProperties(message, index)
        if let range = index.properties {
            creationTime = try Self.creationTime(range, of: message)
        }
        for range in [
            index.header, index.deliveryAnnotations, index.messageAnnotations, index.properties,
        ] {
            guard let range else { continue }
            sections.append(copying: message.extracting(range))
        }
        if layout.contains(.rawProperties), let range = index.applicationProperties {
            sections.append(copying: message.extracting(range))
        }
        if let range = index.footer { sections.append(copying: message.extracting(range)) }
    }

    /// Empty for a plain event.
    func headers(isKeyed: Bool) -> [Record.Header] {
        if layout.isEmpty && sections.isEmpty && !isKeyed { return [] }
        var headers = [Record.Header(name: EventLayout.headerName, value: [layout.rawValue])]
        headers[0].value?.append(contentsOf: sections)
        headers.append(contentsOf: properties)
        return headers
    }

    private mutating func readBody(
        _ message: RawSpan, _ index: MessageIndex
    ) throws(DecodeError) {
        guard let body = index.body, let first = index.firstBodyValue else {
            layout.insert(.rawBody)
            return
        }
        value = body
        guard index.bodyKind == .data, index.bodySectionCount == 1,
            first.lowerBound - body.lowerBound == 3
        else {
            layout.insert(.rawBody)
            return
        }
        var reader = ValueReader(message.extracting(first))
        guard let content = try reader.binaryRange() else {
            layout.insert(.rawBody)
            return
        }
        if content.lowerBound == 5 && content.count <= 0xFF { layout.insert(.wideData) }
        let start = first.lowerBound + content.lowerBound
        value = start..<(start + content.count)
    }

    private mutating func readProperties(
        _ message: RawSpan, _ index: MessageIndex
    ) throws(DecodeError) {
        guard let range = index.applicationProperties else { return }
        var reader = try ValueReader(section: range, of: message)
        guard var pairs = try reader.map() else { return }
        let count = pairs.left / 2
        var isFaithful = count <= EventLayout.propertyCountMax
        if isFaithful {
            properties.reserveCapacity(count)
            while pairs.left > 0 {
                pairs.left -= 2
                if let header = try Self.property(&pairs.values) {
                    properties.append(header)
                } else {
                    isFaithful = false
                }
            }
            try pairs.end()
        }
        let section = message.extracting(range)
        var head = ByteReader(section)
        let isWide = try head.integer(as: UInt32.self) == 0x0053_74D1
        if isFaithful {
            var rebuilt = ValueWriter(reserving: section.byteCount)
            PropertiesSection(isWide: isWide).append(properties, to: &rebuilt)
            isFaithful = section.holds(rebuilt.bytes.bytes)
        }
        layout.insert(isFaithful ? .hasProperties : .rawProperties)
        if isFaithful && isWide { layout.insert(.widePropertiesMap) }
    }

    /// Nil when the key is no text.
    private static func property(
        _ values: inout ValueReader
    ) throws(DecodeError) -> Record.Header? {
        let code = try values.bytes.peek()
        guard code == FormatCode.string8.rawValue || code == FormatCode.string32.rawValue else {
            try values.skip()
            try values.skip()
            return nil
        }
        var name: String?
        if let text = try values.textSpan() {
            name = String(validating: [UInt8](copying: text), as: UTF8.self)
        }
        var ahead = values.bytes
        let range = try values.skip()
        guard let name else { return nil }
        return Record.Header(name: name, value: try ahead.array(range.count))
    }

    /// The tenth field of the properties.
    private static func creationTime(
        _ section: Range<Int>, of message: RawSpan
    ) throws(DecodeError) -> Int64? {
        var reader = try ValueReader(section: section, of: message)
        guard var fields = try? reader.list() else { return nil }
        for _ in 0..<9 { try fields.skip() }
        return try? fields.timestamp()
    }
}
