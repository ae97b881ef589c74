package import Bytes

/// A whole message as values: for requests and answers, of which there are few.
///
/// Events stay bytes; see ``MessageIndex``.
package struct AMQPMessage: Hashable, Sendable {
    /// What a message carries.
    package enum Body: Hashable, Sendable {
        /// Nothing at all.
        case none
        /// Sections of bytes.
        case data([[UInt8]])
        /// Sections of lists.
        case sequences([[AMQPValue]])
        /// One value.
        case value(AMQPValue)
    }

    /// How the message is to be delivered, as its list of fields.
    package var header: [AMQPValue]?
    /// Notes for this delivery.
    package var deliveryAnnotations: AMQPMap?
    /// Notes for the message's whole way.
    package var messageAnnotations: AMQPMap?
    /// The standard's properties.
    package var properties: MessageProperties?
    /// The application's properties.
    package var applicationProperties: AMQPMap?
    /// What the message carries.
    package var body: Body
    /// What comes after the body.
    package var footer: AMQPMap?

    /// A message that carries this and nothing else.
    package init(body: Body = .none) { self.body = body }

    /// Reads a whole message.
    package init(_ bytes: RawSpan) throws(DecodeError) {
        body = .none
        var cursor = SectionCursor(bytes)
        while let section = try cursor.next() {
            var reader = ValueReader(bytes.extracting(section.value))
            try read(section.kind, &reader)
        }
    }

    private mutating func read(
        _ kind: MessageSection.Kind, _ reader: inout ValueReader
    ) throws(DecodeError) {
        switch kind {
        case .header: header = try reader.elements()
        case .deliveryAnnotations: deliveryAnnotations = try reader.pairs()
        case .messageAnnotations: messageAnnotations = try reader.pairs()
        case .properties: properties = try MessageProperties(&reader)
        case .applicationProperties: applicationProperties = try reader.pairs()
        case .data, .sequence, .value: try readBody(kind, &reader)
        case .footer: footer = try reader.pairs()
        }
    }

    private mutating func readBody(
        _ kind: MessageSection.Kind, _ reader: inout ValueReader
    ) throws(DecodeError) {
        switch (kind, body) {
        case (.data, .data(let earlier)): body = .data(earlier + [try reader.bytesOrEmpty()])
        case (.data, _): body = .data([try reader.bytesOrEmpty()])
        case (.sequence, .sequences(let earlier)):
            body = .sequences(earlier + [try reader.elements()])
        case (.sequence, _): body = .sequences([try reader.elements()])
        default: body = .value(try reader.value())
        }
    }

    /// Appends the whole message.
    package func write(to writer: inout ValueWriter) {
        if let header {
            writer.append(descriptor: Descriptor.header.rawValue)
            writer.append(.list(header))
        }
        writer.append(section: .deliveryAnnotations, map: deliveryAnnotations)
        writer.append(section: .messageAnnotations, map: messageAnnotations)
        properties?.write(to: &writer)
        writer.append(section: .applicationProperties, map: applicationProperties)
        writeBody(to: &writer)
        writer.append(section: .footer, map: footer)
    }

    private func writeBody(to writer: inout ValueWriter) {
        switch body {
        case .none: break
        case .data(let sections):
            for bytes in sections {
                writer.append(descriptor: Descriptor.data.rawValue)
                writer.append(binary: bytes)
            }
        case .sequences(let sections):
            for elements in sections {
                writer.append(descriptor: Descriptor.sequence.rawValue)
                writer.append(.list(elements))
            }
        case .value(let value):
            writer.append(descriptor: Descriptor.value.rawValue)
            writer.append(value)
        }
    }
}

extension ValueReader {
    fileprivate mutating func elements() throws(DecodeError) -> [AMQPValue] {
        let start = position
        guard case .list(let elements) = try value() else { throw .badValue(position: start) }
        return elements
    }

    fileprivate mutating func pairs() throws(DecodeError) -> AMQPMap {
        let start = position
        guard case .map(let map) = try value() else { throw .badValue(position: start) }
        return map
    }

    fileprivate mutating func bytesOrEmpty() throws(DecodeError) -> [UInt8] {
        let start = position
        guard let bytes = try binary() else { throw .badValue(position: start) }
        return bytes
    }
}

extension ValueWriter {
    fileprivate mutating func append(section: Descriptor, map: AMQPMap?) {
        guard let map else { return }
        append(descriptor: section.rawValue)
        append(map: map)
    }
}
