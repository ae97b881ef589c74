/// Why bytes that a stranger wrote could not be read, and where.
///
/// Positions count from the start of the bytes the outermost reader was made over.
public enum DecodeError: Error, Equatable, Sendable {
    /// `count` bytes were needed at `position`, but the bytes end before that.
    case truncated(position: Int, count: Int)
    /// The length at `position` is negative or larger than its kind allows.
    case badLength(position: Int)
    /// The variable-length integer at `position` has more bits than its type.
    case varintTooLong(position: Int)
    /// The value at `position` is none of those its field may hold.
    case badValue(position: Int)
}

extension DecodeError: CustomStringConvertible {
    /// What went wrong, as a sentence without its full stop.
    public var description: String {
        switch self {
        case .truncated(let position, let count):
            "\(count) bytes are missing at byte \(position)"
        case .badLength(let position): "the length at byte \(position) is impossible"
        case .varintTooLong(let position): "the varint at byte \(position) is too long"
        case .badValue(let position): "the value at byte \(position) is not a legal one"
        }
    }
}
