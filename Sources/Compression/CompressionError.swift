/// Why bytes could not be decompressed.
public enum CompressionError: Error, Equatable, Sendable {
    /// The bytes are not whole streams of the codec they are said to be, end to end.
    case malformed
    /// There would be more than `limit` bytes.
    case tooLarge(limit: Int)
    /// The codec could not get the memory it works in.
    case outOfMemory
}

extension CompressionError: CustomStringConvertible {
    /// What went wrong, as a sentence without its full stop.
    public var description: String {
        switch self {
        case .malformed: "the compressed bytes are damaged or cut short"
        case .tooLarge(let limit): "the bytes decompress to more than the limit of \(limit)"
        case .outOfMemory: "there is no memory to decompress in"
        }
    }
}
