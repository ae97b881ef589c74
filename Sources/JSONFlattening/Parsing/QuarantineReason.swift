/// Why an event cannot land in its table at all.
///
/// Positions count bytes of the body, from 0.
package enum QuarantineReason: Error, Equatable, Hashable, Sendable {
    /// Nothing but white space, or nothing.
    case empty
    /// What stands at `position` cannot stand there in a JSON text (RFC 8259).
    case notJSON(position: Int)
    /// The text ends in the middle of a value.
    case cutOff
    case invalidUTF8(position: Int)
    /// Half of a surrogate pair, which is no character and has no UTF-8.
    case loneSurrogate(position: Int)
    case tooDeep(limit: Int)
    case tooLarge(byteCount: Int, limit: Int)
}

extension QuarantineReason: CustomStringConvertible {
    /// For the operator, who has the body beside it.
    package var description: String {
        switch self {
        case .empty: "the body is empty"
        case .notJSON(let position): "the body is not JSON at byte \(position)"
        case .cutOff: "the body ends in the middle of a JSON value"
        case .invalidUTF8(let position): "the body is not UTF-8 at byte \(position)"
        case .loneSurrogate(let position):
            "half of a surrogate pair is escaped at byte \(position)"
        case .tooDeep(let limit): "values are nested more than \(limit) deep"
        case .tooLarge(let byteCount, let limit):
            "the body has \(byteCount) bytes, and \(limit) is the limit"
        }
    }

    /// A short word for counters and queries.
    package var code: String {
        switch self {
        case .empty: "empty"
        case .notJSON: "not_json"
        case .cutOff: "cut_off"
        case .invalidUTF8: "invalid_utf8"
        case .loneSurrogate: "lone_surrogate"
        case .tooDeep: "too_deep"
        case .tooLarge: "too_large"
        }
    }
}
