public import StreamModel

/// Why a commit was refused. Nothing of it is in the log, except where `storage` says otherwise.
public enum CommitError: Error, Equatable, Sendable {
    case stream(StreamRefusal)
    case producer(ProducerRefusal)
    case tooLarge(LimitedThing, byteCount: Int, limit: Int)
    /// The batch is not what it says it is.
    case malformed(BatchError)
    case full(Shortage)
    /// The disk failed. The commit may or may not be found after the store is opened again; an
    /// idempotent producer that sends it again makes sure it is there once.
    case storage(StorageFault)
    /// The log has been closed, or has stopped taking commits for the reason given.
    case closed(reason: StorageFault?)

    /// What is wrong with the stream that was asked for.
    public enum StreamRefusal: Equatable, Sendable {
        case unknown(String)
        case unknownPartition(Int, count: Int)
        case exists(StreamName)
        case badPartitionCount(Int, current: Int?)
        case unknownFeed(String)
        case badOffset(Int64, valid: ClosedRange<Int64>)
    }

    /// Why an idempotent producer's batch is not taken. (Kafka's error codes 45 and 47.)
    public enum ProducerRefusal: Equatable, Sendable {
        /// Records are missing before this batch.
        case outOfOrder(expected: Int32, found: Int32)
        /// A newer incarnation of the producer has taken over.
        case fenced(epoch: Int16, by: Int16)
    }

    /// What has a limit.
    public enum LimitedThing: String, Sendable {
        case record, batch, commit
        case positionMetadata = "position metadata"
        case name
    }

    /// What there is too little of.
    public enum Shortage: Equatable, Sendable {
        /// The store is at its disk budget, and nothing may be removed.
        case budget(byteCount: Int)
        /// The volume has no space left.
        case disk(path: String)
        /// The queue before the writer is at its capacity.
        case queue(byteCount: Int)
        /// Streams, producers and positions take more than a sixteenth of a segment.
        case state(byteCount: Int, limit: Int)
    }
}

extension CommitError: CustomStringConvertible {
    /// What happened, and what to do next.
    public var description: String {
        switch self {
        case .stream(let refusal): refusal.description
        case .producer(.outOfOrder(let expected, let found)):
            "the producer's next sequence is \(expected), not \(found): batches are missing between"
        case .producer(.fenced(let epoch, let current)):
            "the producer's epoch \(epoch) has been replaced by epoch \(current): another instance "
                + "has taken over"
        case .tooLarge(let thing, let byteCount, let limit):
            "the \(thing.rawValue) has \(byteCount) bytes, and the limit is \(limit)"
        case .malformed(let error): error.description
        case .full(let shortage): shortage.description
        case .storage(let fault): fault.description
        case .closed(nil): "the store is closed"
        case .closed(.some(let fault)): "the store takes no more commits since it failed: \(fault)"
        }
    }
}

extension CommitError.StreamRefusal: CustomStringConvertible {
    /// What happened, and what to do next.
    public var description: String {
        switch self {
        case .unknown(let name):
            "there is no stream '\(name)': create it with `millrace streams create \(name)`"
        case .unknownPartition(let index, let count):
            "there is no partition \(index): the stream has partitions 0 to \(count - 1)"
        case .exists(let name): "the stream '\(name)' exists already"
        case .badPartitionCount(let count, nil):
            "a stream cannot have \(count) partitions: choose 1 to \(LogLimits.partitionCountMax)"
        case .badPartitionCount(let count, .some(let current)):
            "a stream of \(current) partitions cannot get \(count): the number can only grow, to "
                + "\(LogLimits.partitionCountMax) at most"
        case .unknownFeed(let name): "there is no feed '\(name)' of that stream"
        case .badOffset(let offset, let valid):
            "offset \(offset) is not in the log: it has \(valid.lowerBound) to \(valid.upperBound)"
        }
    }
}

extension CommitError.Shortage: CustomStringConvertible {
    /// What there is too little of, and what to do next.
    public var description: String {
        switch self {
        case .budget(let byteCount):
            "the store is at its disk budget of \(byteCount) bytes, and what it holds is still "
                + "needed: raise the budget, or let the feeds catch up"
        case .disk(let path): "the volume of \(path) is full: free some space"
        case .queue(let byteCount):
            "\(byteCount) bytes are waiting for the disk already: send again in a moment"
        case .state(let byteCount, let limit):
            "streams, producers and positions take \(byteCount) bytes, and the limit is \(limit): "
                + "remove some, or use larger segments"
        }
    }
}
