package import StreamLog
package import StreamModel

/// What a command asks of the owner of a store.
package enum ControlRequest: Sendable {
    /// Answered with `streams`.
    case streams
    /// Answered with `streams` that has one element.
    case stream(StreamName)
    case commit(Commit)
    /// Answered with `sequences`.
    case lastSequences(ProducerID, StreamIncarnation)
    case read(ReadRequest)
    case bounds(StreamIncarnation)
    case gaps(PartitionID)
    case offset(PartitionID, Timestamp, TimeKind)
    case positions(StreamIncarnation)
    case feeds(StreamIncarnation)
    case statistics
    /// Answered with `report`.
    case verify(VerifyDepth)
    /// Answered with `pin`.
    case pin
    /// Answered with `pipelines`: none where nobody has any.
    case pipelines
    /// Answered with `ordered`.
    case order(PipelineCommand)
}

/// Where to read on in some partitions of a stream, and how long to wait for something to read.
package struct ReadRequest: Sendable {
    /// A partition and the offset to read from.
    package struct Place: Equatable, Sendable {
        /// The partition.
        package let id: PartitionID
        /// The first offset wanted.
        package let offset: Offset

        /// Reads `id` from `offset` on.
        package init(_ id: PartitionID, _ offset: Offset) {
            self.id = id
            self.offset = offset
        }
    }

    /// In the order in which they are served, as far as the bytes go.
    package var places: [Place]
    /// How many bytes of batches the answer has, about. At most `byteCountMax`.
    package var byteCount: Int
    /// How long the answer may wait for something to say. At most `waitMax`.
    package var waitMilliseconds: Int
    /// What becomes of an offset whose event has been retained away.
    package var retainedAway: RetainedAway

    /// The most bytes an answer may be asked for.
    package static let byteCountMax = 4 << 20
    /// The longest an answer may be kept waiting, in milliseconds.
    package static let waitMax = 30_000

    /// A request for about `byteCount` bytes, answered at once unless told to wait.
    package init(
        _ places: [Place], byteCount: Int = 1 << 20, waitMilliseconds: Int = 0,
        _ retainedAway: RetainedAway = .reportGap
    ) {
        self.places = places
        self.byteCount = byteCount
        self.waitMilliseconds = waitMilliseconds
        self.retainedAway = retainedAway
    }
}
