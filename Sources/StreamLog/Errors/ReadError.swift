/// Why events cannot be read.
public enum ReadError: Error, Equatable, Sendable {
    case unknownStream(String)
    case unknownPartition(Int, count: Int)
    /// The offset is beyond the end, or before what retention has left. The end itself is valid:
    /// there the next event will be.
    case offsetOutOfRange(Int64, valid: ClosedRange<Int64>)
    case storage(StorageFault)
    case closed
}

extension ReadError: CustomStringConvertible {
    /// What happened, and what to do next.
    public var description: String {
        switch self {
        case .unknownStream(let name):
            "there is no stream '\(name)': `millrace streams list` shows those there are"
        case .unknownPartition(let index, let count):
            "there is no partition \(index): the stream has partitions 0 to \(count - 1)"
        case .offsetOutOfRange(let offset, let valid):
            "offset \(offset) is out of range: valid offsets are \(valid.lowerBound) to "
                + "\(valid.upperBound)"
        case .storage(let fault): fault.description
        case .closed: "the store is closed"
        }
    }
}
