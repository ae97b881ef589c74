package import AMQP
internal import Bytes
package import StreamModel

/// Where an event stands in its partition, as receivers are told with each one.
package struct EventPlace: Hashable, Sendable {
    /// Its offset in the log: its sequence number, and, as text, its offset.
    package var offset: Offset
    /// When the log took it, in milliseconds since 1970.
    package var enqueuedTime: Int64

    /// A place.
    package init(offset: Offset, enqueuedTime: Int64) {
        self.offset = offset
        self.enqueuedTime = enqueuedTime
    }
}

/// What a receiver is told of the end of its partition, if it asked for that.
package struct PartitionNews: Hashable, Sendable {
    /// The last event there is; nil for none.
    package var last: EventPlace?
    /// When that was found out, in milliseconds since 1970.
    package var readAt: Int64

    /// News of these facts.
    package init(last: EventPlace?, readAt: Int64) {
        self.last = last
        self.readAt = readAt
    }
}

/// One record of the log as the AMQP message that it is.
package struct StoredEvent: ~Escapable {
    private let key: RawSpan?
    private let value: RawSpan?
    /// Nil for a record that came from elsewhere, or that is a plain event.
    private let layout: EventLayout?
    /// The header with the layout, and the sections behind it.
    private let sections: RawSpan?
    /// Those of the application properties, or of a producer elsewhere.
    private let headers: HeaderCursor

    /// The event in a record. A first header that cannot be what this module writes is taken for
    /// one of another producer.
    @_lifetime(copy record)
    package init(_ record: RecordView) {
        key = record.key
        value = record.value
        var rest = record.headers
        if let first = rest.next(), first.name.holds(EventLayout.headerNameBytes),
            let bytes = first.value, let flags = Self.layout(of: bytes)
        {
            layout = flags
            sections = bytes.extracting(droppingFirst: 1)
            headers = rest
        } else {
            layout = nil
            sections = nil
            headers = record.headers
        }
    }

    /// Nil for bytes that cannot be what this module writes.
    private static func layout(of bytes: RawSpan) -> EventLayout? {
        var reader = ByteReader(bytes)
        guard let byte = try? reader.byte() else { return nil }
        let flags = EventLayout(rawValue: byte)
        let isOurs =
            EventLayout.known.isSuperset(of: flags)
            && areSections(bytes.extracting(droppingFirst: 1))
        return isOurs ? flags : nil
    }

    private static func areSections(_ bytes: RawSpan) -> Bool {
        var cursor = SectionCursor(bytes)
        do {
            while let section = try cursor.next() {
                if section.kind.isBody { return false }
            }
            return true
        } catch {
            return false
        }
    }

    /// Appends the message byte for byte as it was sent.
    ///
    /// For a record that came from elsewhere, the message that says the same.
    package func appendOriginal(to writer: inout ValueWriter) {
        guard let layout, let sections else {
            if headers.count > 0 { appendForeignProperties(to: &writer) }
            return appendData(isWide: false, to: &writer)
        }
        var footer: Range<Int>?
        var cursor = SectionCursor(sections)
        while let section = try? cursor.next() {
            if section.kind == .footer {
                footer = section.range
            } else {
                writer.bytes.append(sections.extracting(section.range))
            }
        }
        appendProperties(layout, to: &writer)
        appendBody(layout, to: &writer)
        if let footer { writer.bytes.append(sections.extracting(footer)) }
    }

    /// Appends the message as a receiver gets it: with its place among the annotations, and every
    /// section begun in the one way that all SDKs can read.
    package func append(
        at place: EventPlace, news: PartitionNews? = nil, to writer: inout ValueWriter
    ) {
        var rest: SectionCursor?
        if let sections { rest = SectionCursor(sections) }
        var next = Self.step(&rest)
        if let section = next, section.kind == .header {
            append(section, to: &writer)
            next = Self.step(&rest)
        }
        let delivery = Self.take(.deliveryAnnotations, &next, &rest)
        if delivery != nil || news != nil {
            appendDeliveryAnnotations(delivery, news, to: &writer)
        }
        let message = Self.take(.messageAnnotations, &next, &rest)
        appendAnnotations(message, place, to: &writer)
        while let section = next, section.kind < .footer {
            append(section, to: &writer)
            next = Self.step(&rest)
        }
        if let layout {
            appendProperties(layout, to: &writer)
            appendBody(layout, to: &writer)
        } else {
            if headers.count > 0 { appendForeignProperties(to: &writer) }
            appendData(isWide: false, to: &writer)
        }
        if let section = next { append(section, to: &writer) }
    }

    // MARK: Sections

    private static func step(_ cursor: inout SectionCursor?) -> MessageSection? {
        // All of it was stepped through when the event was made.
        try? cursor?.next()
    }

    private static func take(
        _ kind: MessageSection.Kind, _ next: inout MessageSection?, _ rest: inout SectionCursor?
    ) -> MessageSection? {
        guard let found = next, found.kind == kind else { return nil }
        next = step(&rest)
        return found
    }

    private func append(_ section: MessageSection, to writer: inout ValueWriter) {
        guard let sections else { return }
        writer.append(descriptor: section.kind.rawValue)
        writer.bytes.append(sections.extracting(section.value))
    }

    private func appendDeliveryAnnotations(
        _ section: MessageSection?, _ news: PartitionNews?, to writer: inout ValueWriter
    ) {
        writer.append(descriptor: MessageSection.Kind.deliveryAnnotations.rawValue)
        let map = writer.beginCompound()
        var count = appendPairs(of: section, to: &writer)
        if let news { count += news.appendPairs(to: &writer) }
        writer.endMap(map, pairs: count)
    }

    private func appendAnnotations(
        _ section: MessageSection?, _ place: EventPlace, to writer: inout ValueWriter
    ) {
        writer.append(descriptor: MessageSection.Kind.messageAnnotations.rawValue)
        let map = writer.beginCompound()
        var count = appendPairs(of: section, to: &writer)
        count += place.appendPairs(to: &writer)
        if let key, !hasKeyAnnotation(section) {
            count += 1
            if layout == nil {
                writer.bytes.append(EncodedName.kafkaKey)
                writer.append(binary: key)
            } else {
                writer.bytes.append(EncodedName.partitionKey)
                writer.append(string: String(decoding: [UInt8](copying: key), as: UTF8.self))
            }
        }
        writer.endMap(map, pairs: count)
    }

    private func hasKeyAnnotation(_ section: MessageSection?) -> Bool {
        guard let section, let sections else { return false }
        let notes = try? ProducerAnnotations(section.value, of: sections)
        return notes?.partitionKey != nil
    }

    /// Appends the pairs of a map, but for those that the service sets, and returns how many.
    private func appendPairs(of section: MessageSection?, to writer: inout ValueWriter) -> Int {
        guard let section, let sections else { return 0 }
        var count = 0
        let bytes = sections.extracting(section.value)
        do {
            var reader = ValueReader(bytes)
            guard var pairs = try reader.map() else { return 0 }
            while pairs.left > 0 {
                pairs.left -= 2
                let start = pairs.values.position
                let key = try Annotation.key(of: &pairs.values)
                let value = try pairs.values.skip()
                if key?.isOfService ?? false { continue }
                writer.bytes.append(bytes.extracting(start..<value.upperBound))
                count += 1
            }
        } catch {
            // Checked when it was stored; a record of another hand may end here, in order.
        }
        return count
    }

    private func appendProperties(_ layout: EventLayout, to writer: inout ValueWriter) {
        guard layout.contains(.hasProperties) else { return }
        var content = ValueWriter()
        var left = headers
        var count = 0
        while let header = left.next() {
            content.append(length: header.name.byteCount)
            content.bytes.append(header.name)
            if let value = header.value {
                content.bytes.append(value)
            } else {
                content.appendNull()
            }
            count += 1
        }
        PropertiesSection(isWide: layout.contains(.widePropertiesMap))
            .append(content, count: count, to: &writer)
    }

    /// The headers of a producer elsewhere are bytes without a type.
    private func appendForeignProperties(to writer: inout ValueWriter) {
        var content = ValueWriter()
        var left = headers
        var count = 0
        while let header = left.next() {
            content.append(
                string: String(decoding: [UInt8](copying: header.name), as: UTF8.self))
            if let value = header.value {
                content.append(binary: value)
            } else {
                content.appendNull()
            }
            count += 1
        }
        PropertiesSection(isWide: false).append(content, count: count, to: &writer)
    }

    private func appendBody(_ layout: EventLayout, to writer: inout ValueWriter) {
        guard layout.contains(.rawBody) else {
            return appendData(isWide: layout.contains(.wideData), to: &writer)
        }
        guard let value else { return }
        writer.bytes.append(value)
    }

    private func appendData(isWide: Bool, to writer: inout ValueWriter) {
        writer.append(descriptor: MessageSection.Kind.data.rawValue)
        let count = self.value?.byteCount ?? 0
        if isWide || count > 0xFF {
            writer.bytes.append(FormatCode.binary32.rawValue)
            writer.bytes.append(bigEndian: UInt32(truncatingIfNeeded: count))
        } else {
            writer.bytes.append(FormatCode.binary8.rawValue)
            writer.bytes.append(UInt8(truncatingIfNeeded: count))
        }
        if let value { writer.bytes.append(value) }
    }
}

extension ValueWriter {
    /// The code and the length of a string whose bytes are appended next.
    fileprivate mutating func append(length: Int) {
        if length <= 0xFF {
            bytes.append(FormatCode.string8.rawValue)
            bytes.append(UInt8(truncatingIfNeeded: length))
        } else {
            bytes.append(FormatCode.string32.rawValue)
            bytes.append(bigEndian: UInt32(truncatingIfNeeded: length))
        }
    }
}
