public import Bytes

/// Where the sections of one message lie. Nothing is copied and nothing inside them is read.
@usableFromInline
package struct MessageIndex: Sendable, Hashable {
    /// How the message is to be delivered; the whole section, as all ranges here.
    @usableFromInline package private(set) var header: Range<Int>?
    /// Notes for this delivery.
    @usableFromInline package private(set) var deliveryAnnotations: Range<Int>?
    /// Notes for the message's whole way.
    @usableFromInline package private(set) var messageAnnotations: Range<Int>?
    /// The standard's properties.
    @usableFromInline package private(set) var properties: Range<Int>?
    /// The application's properties.
    @usableFromInline package private(set) var applicationProperties: Range<Int>?
    /// All sections of the body, which lie behind one another.
    @usableFromInline package private(set) var body: Range<Int>?
    /// What the body is made of.
    @usableFromInline package private(set) var bodyKind: MessageSection.Kind?
    /// How many sections the body has.
    @usableFromInline package private(set) var bodySectionCount = 0
    /// The value of the body's first section, with its code.
    @usableFromInline package private(set) var firstBodyValue: Range<Int>?
    /// What comes after the body.
    @usableFromInline package private(set) var footer: Range<Int>?
    /// Whether every descriptor has the form that all SDKs read.
    @usableFromInline package private(set) var hasShortDescriptors = true

    /// The index of a whole message.
    ///
    /// A message without a body is no error here; some requests of SDKs have none.
    package init(of message: RawSpan) throws(DecodeError) {
        var cursor = SectionCursor(message)
        while let section = try cursor.next() { note(section) }
    }

    private mutating func note(_ section: MessageSection) {
        if !section.hasShortDescriptor { hasShortDescriptors = false }
        switch section.kind {
        case .header: header = section.range
        case .deliveryAnnotations: deliveryAnnotations = section.range
        case .messageAnnotations: messageAnnotations = section.range
        case .properties: properties = section.range
        case .applicationProperties: applicationProperties = section.range
        case .data, .sequence, .value: noteBody(section)
        case .footer: footer = section.range
        }
    }

    private mutating func noteBody(_ section: MessageSection) {
        bodyKind = section.kind
        bodySectionCount += 1
        if firstBodyValue == nil { firstBodyValue = section.value }
        body = (body?.lowerBound ?? section.range.lowerBound)..<section.range.upperBound
    }
}

extension ValueReader {
    /// A reader over the value of the section whose whole range this is.
    @_lifetime(copy message)
    @inlinable
    package init(
        section range: Range<Int>, of message: RawSpan
    ) throws(DecodeError) {
        guard range.lowerBound >= 0, range.upperBound <= message.byteCount else {
            throw .truncated(position: range.lowerBound, count: range.count)
        }
        var reader = ValueReader(message.extracting(range))
        guard try reader.code() == .described else { throw .badValue(position: 0) }
        try reader.skip()
        self = reader
    }
}
