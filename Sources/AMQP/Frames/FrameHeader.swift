internal import Bytes

/// The fixed head of a frame (part 2, section 2.3). Integers are big-endian.
///
///     0          4      5      6         8
///     ┌──────────┬──────┬──────┬─────────┬─────────────────┬──────────────┐
///     │ size     │ doff │ type │ channel │ extended header │ body         │
///     └──────────┴──────┴──────┴─────────┴─────────────────┴──────────────┘
///     ◀─────────────────── doff * 4 ──────────────────────▶
///     ◀────────────────────────────── size ───────────────────────────────▶
package struct FrameHeader: Hashable, Sendable {
    /// What layer a frame belongs to.
    package enum Kind: UInt8, Sendable, Hashable {
        /// The connection.
        case amqp = 0
        /// The SASL exchange before it.
        case sasl = 1
    }

    /// The bytes every frame begins with.
    package static let byteCount = 8
    /// What every peer has to take, and what no frame exceeds before sizes were agreed on.
    package static let guaranteedByteCount = 512

    /// The bytes of the whole frame.
    package let frameByteCount: Int
    /// Where the body begins.
    package let bodyOffset: Int
    /// The layer.
    package let kind: Kind
    /// The session's channel. In SASL frames it means nothing.
    package let channel: UInt16

    /// Reads the head of the first frame in `bytes`; `nil` when they end before it does.
    ///
    /// Throws when this can be no frame of at most `limit` bytes. The body need not be there yet.
    package init?(firstIn bytes: RawSpan, limit: Int) throws(FrameError) {
        guard let head = Self.word(in: bytes, at: 0) else { return nil }
        guard head >= UInt32(Self.byteCount) else { throw .badSize(head) }
        guard head <= limit else { throw .tooLarge(byteCount: head, limit: limit) }
        guard let rest = Self.word(in: bytes, at: 4) else { return nil }
        let offset = Int(rest >> 24) * 4
        guard offset >= Self.byteCount, offset <= head else { throw .badOffset(offset) }
        guard let kind = Kind(rawValue: UInt8(truncatingIfNeeded: rest >> 16)) else {
            throw .unknownKind(UInt8(truncatingIfNeeded: rest >> 16))
        }
        frameByteCount = Int(head)
        bodyOffset = offset
        self.kind = kind
        channel = UInt16(truncatingIfNeeded: rest)
    }

    private static func word(in bytes: RawSpan, at offset: Int) -> UInt32? {
        guard bytes.byteCount >= offset + 4 else { return nil }
        var reader = ByteReader(bytes.extracting(offset..<(offset + 4)))
        return try? reader.integer()
    }
}

/// Why bytes are no frame.
package enum FrameError: Error, Hashable, Sendable {
    /// A size smaller than the head that tells it.
    case badSize(UInt32)
    /// A size beyond what was agreed on.
    case tooLarge(byteCount: UInt32, limit: Int)
    /// A body that begins inside the head or behind the end.
    case badOffset(Int)
    /// A layer that does not exist.
    case unknownKind(UInt8)
}

extension FrameError: CustomStringConvertible {
    /// What went wrong, as a sentence without its full stop.
    package var description: String {
        switch self {
        case .badSize(let size): "a frame cannot have \(size) bytes"
        case .tooLarge(let count, let limit):
            "a frame of \(count) bytes exceeds the limit of \(limit)"
        case .badOffset(let offset): "the body of a frame cannot begin at byte \(offset)"
        case .unknownKind(let kind): "there is no frame of type \(kind)"
        }
    }
}
