internal import Bytes

/// The eight bytes with which each layer begins (part 2, section 2.2).
package enum ProtocolHeader: UInt8, Sendable, Hashable {
    /// The connection itself.
    case amqp = 0
    /// TLS inside of the stream, which nobody here speaks.
    case tls = 2
    /// Who the client is.
    case sasl = 3

    static let byteCount = 8

    /// `AMQP`, the layer, and version 1.0.0.
    package var bytes: [UInt8] { [0x41, 0x4D, 0x51, 0x50, rawValue, 1, 0, 0] }

    /// What the first bytes of a peer are.
    package enum Reading: Sendable, Hashable {
        /// A beginning of a header, which has to go on.
        case needsMore
        /// A header.
        case header(ProtocolHeader)
        /// Something else.
        case foreign
    }

    /// Reads the first bytes of a peer. Whatever cannot become a header is foreign at once.
    package static func reading(_ bytes: RawSpan) -> Reading {
        let given = [UInt8](copying: bytes.extracting(first: byteCount))
        for header in [amqp, sasl, tls] where header.bytes.starts(with: given) {
            return given.count == byteCount ? .header(header) : .needsMore
        }
        return .foreign
    }
}
