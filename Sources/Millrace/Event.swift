public import StreamLog
public import StreamModel

/// Where an event is: its partition, and its place there.
public struct EventPlace: Hashable, Sendable {
    /// Which partition of the stream.
    public let partition: PartitionIndex
    /// Which event of the partition.
    public let offset: Offset
}

/// One event of a stream, as it is stored.
public struct Event: Hashable, Sendable {
    /// Where it is.
    public let place: EventPlace
    /// When the store took it, as the machine believed.
    public let appendTime: Timestamp
    /// What its producer wrote.
    public let record: Record
}

/// What reading a stream comes upon.
public enum StreamItem: Hashable, Sendable {
    /// The next event of its partition.
    case event(Event)
    /// Offsets of a partition that cannot be read any more, and why. What follows can.
    case gap(Gap, PartitionIndex)
}

/// From where on a stream is read, in every partition.
public enum StartingPoint: Hashable, Sendable {
    /// The oldest event that is still there.
    case earliest
    /// Only what is appended from now on.
    case latest
    /// The same offset in every partition.
    case offset(Offset)
    /// The first event that the store took at or after that time.
    case time(Timestamp)
    /// Where that group has got to; the oldest event where it has not been.
    case position(of: ConsumerGroupName)
}
