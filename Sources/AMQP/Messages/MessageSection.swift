public import Bytes

/// One section of a message, and where it lies (part 3, section 3.2).
///
///     ┌──────────────────────┬─────────────────────────────┐
///     │ descriptor           │ value                       │
///     │ 00 53 75             │ a0 05 68 65 6c 6c 6f        │
///     └──────────────────────┴─────────────────────────────┘
///     ◀────────────────────── range ───────────────────────▶
///                            ◀────────── value ────────────▶
@usableFromInline
package struct MessageSection: Sendable, Hashable {
    /// What the section holds.
    @usableFromInline package enum Kind: UInt8, Sendable, Hashable, Comparable {
        /// How the message is to be delivered.
        case header = 0x70
        /// Notes for this delivery.
        case deliveryAnnotations = 0x71
        /// Notes for the message's whole way.
        case messageAnnotations = 0x72
        /// The standard's properties.
        case properties = 0x73
        /// The application's properties.
        case applicationProperties = 0x74
        /// A body of bytes, or a part of one.
        case data = 0x75
        /// A body of lists, or a part of one.
        case sequence = 0x76
        /// A body of one value.
        case value = 0x77
        /// What comes after the body.
        case footer = 0x78

        /// Sections come in the order of their kinds.
        @inlinable package static func < (left: Kind, right: Kind) -> Bool {
            left.rawValue < right.rawValue
        }

        /// Whether this is the body or a part of it.
        @inlinable package var isBody: Bool { self >= .data && self <= .value }
    }

    /// What the section holds.
    @usableFromInline package let kind: Kind
    /// The whole section.
    @usableFromInline package let range: Range<Int>
    /// The section without its descriptor: one encoded value.
    @usableFromInline package let value: Range<Int>

    @inlinable init(kind: Kind, range: Range<Int>, value: Range<Int>) {
        self.kind = kind
        self.range = range
        self.value = value
    }

    /// Whether the descriptor is `00 53 7_`, the only form that every SDK reads.
    @inlinable package var hasShortDescriptor: Bool {
        value.lowerBound - range.lowerBound == 3
    }
}

/// Steps through the sections of a message where they lie, without a look at what is in them.
///
/// It refuses sections out of order, two of one kind where only one may be, and two kinds of body.
@usableFromInline
package struct SectionCursor: ~Escapable {
    @usableFromInline var values: ValueReader
    @usableFromInline var last: MessageSection.Kind?

    /// A cursor over a whole message.
    @_lifetime(copy message)
    @inlinable package init(_ message: RawSpan) { values = ValueReader(message) }

    /// The next section, or `nil` after the last one. An error is the end.
    @inlinable package mutating func next() throws(DecodeError) -> MessageSection? {
        if values.isAtEnd { return nil }
        let start = values.position
        let kind = try kind()
        let value = try values.skip()
        guard mayFollow(kind) else { throw .badValue(position: start) }
        last = kind
        return MessageSection(kind: kind, range: start..<values.position, value: value)
    }

    /// The next section's descriptor.
    @inlinable mutating func kind() throws(DecodeError) -> MessageSection.Kind {
        guard try values.takesShortDescriptor() else { return try longKind() }
        let start = values.position
        guard let kind = MessageSection.Kind(rawValue: try values.bytes.byte()) else {
            throw .badValue(position: start)
        }
        return kind
    }

    /// A descriptor in eight bytes or by name.
    @usableFromInline mutating func longKind() throws(DecodeError) -> MessageSection.Kind {
        let start = values.position
        guard let kind = MessageSection.Kind(rawValue: try values.descriptor().rawValue) else {
            throw .badValue(position: start)
        }
        return kind
    }

    /// Whether a section of this kind may come now.
    @inlinable func mayFollow(_ kind: MessageSection.Kind) -> Bool {
        guard let last else { return true }
        if last.isBody && kind.isBody { return last == kind && kind != .value }
        return last < kind
    }
}

extension ValueReader {
    /// Steps over `00 53`, if that is what comes next and a byte follows.
    @inlinable mutating func takesShortDescriptor() throws(DecodeError) -> Bool {
        guard bytes.remaining >= 3 else { return false }
        var ahead = bytes
        guard try ahead.integer(as: UInt16.self) == 0x0053 else { return false }
        bytes = ahead
        return true
    }
}
