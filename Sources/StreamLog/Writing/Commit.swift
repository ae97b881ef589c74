public import StreamModel

/// What is to become durable together, or not at all.
package struct Commit: Sendable {
    /// Batches, each for its partition, in the order in which they are to get their offsets.
    package var appends: [Append]
    /// Changes of the log's state.
    package var requests: [StateRequest]

    /// A batch for one partition.
    package struct Append: Sendable {
        /// Where it is to be stored.
        package let partition: PartitionID
        /// The records.
        package let batch: RecordBatch

        /// A batch for one partition.
        package init(_ batch: RecordBatch, to partition: PartitionID) {
            self.partition = partition
            self.batch = batch
        }
    }

    /// Appends and requests that become durable together.
    package init(appends: [Append] = [], requests: [StateRequest] = []) {
        self.appends = appends
        self.requests = requests
    }

    /// What it takes of a block, at most. (What a block says of its batches stands in it twice.)
    var byteCount: Int {
        let batches = appends.reduce(256) {
            $0 + $1.batch.byteCount + 2 * DirectoryEntry.byteCount
        }
        return requests.reduce(batches) { $0 + 2 * $1.byteCount }
    }
}

/// A change of the log's state, as a caller asks for it.
package enum StateRequest: Sendable {
    case createStream(StreamName, partitionCount: Int, StreamConfiguration)
    case configureStream(StreamName, partitionCount: Int?, StreamConfiguration?)
    case deleteStream(StreamName)
    /// The same name always gets the same id back. Nil makes a new one every time.
    case registerProducer(name: ProducerName?, Fencing)
    case setPosition(PositionKey, Position)
    case removePositions(PositionKind, name: String, StreamIncarnation)
    case setFeed(FeedKey, FeedGate)
    case removeFeed(FeedKey)
    /// Found by a reader: those offsets cannot be read any more.
    case recordGap(PartitionID, Gap)

    /// What it takes in a block, but for removals, which the log's state decides.
    fileprivate var byteCount: Int {
        switch self {
        case .setPosition(let key, let position): 64 + key.name.utf8.count + position.metadata.count
        case .setFeed(let key, _), .removeFeed(let key): 64 + key.name.utf8.count
        case .removePositions(_, let name, _): 64 + name.utf8.count
        case .createStream, .configureStream, .deleteStream, .registerProducer, .recordGap: 384
        }
    }

    /// Whether another instance of a producer may go on. With a raised epoch it is refused.
    package enum Fencing: UInt8, Sendable { case raiseEpoch, keepEpoch }
}

/// What has become durable.
package struct CommitReceipt: Sendable, Equatable {
    /// One for each append, in order.
    package var appends: [AppendOutcome] = []
    /// One for each request, in order.
    package var answers: [StateAnswer] = []

    /// The outcomes, in the order of what was asked.
    package init(appends: [AppendOutcome] = [], answers: [StateAnswer] = []) {
        self.appends = appends
        self.answers = answers
    }
}

/// What became of a batch.
public enum AppendOutcome: Sendable, Equatable {
    /// Stored now, its first event at that offset.
    case appended(Offset)
    /// An idempotent producer sent it before. Nil when that was too long ago to know the offset.
    case duplicate(Offset?)
}

/// The answer to a request.
package enum StateAnswer: Sendable, Equatable {
    case done
    case stream(StreamDefinition)
    case producer(ProducerID, epoch: Int16)
}

/// How a caller is told.
package typealias CommitCompletion = @Sendable (Result<CommitReceipt, CommitError>) -> Void
