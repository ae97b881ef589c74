/// Who remembers a place in a partition.
package enum PositionKind: UInt8, Sendable {
    /// A consumer group: retention does not wait for it.
    case group = 1
    /// A materializer, an upload: retention waits for it as its gate says.
    case feed = 2
}

/// Whose position, in which partition.
package struct PositionKey: Hashable, Sendable {
    /// Whether retention waits for it.
    package let kind: PositionKind
    /// The group's or the feed's name: at most 255 bytes of UTF-8.
    package let name: String
    /// The partition it reads.
    package let partition: PartitionID

    /// The position of a group or feed in one partition.
    package init(kind: PositionKind, name: String, partition: PartitionID) {
        self.kind = kind
        self.name = name
        self.partition = partition
    }
}

/// The next offset to read, and what the reader wants to remember with it.
public struct Position: Equatable, Sendable {
    /// The next offset to read.
    public let offset: Int64
    /// At most 64 KiB.
    public let metadata: [UInt8]

    /// A place, and what to remember with it.
    public init(offset: Int64, metadata: [UInt8] = []) {
        self.offset = offset
        self.metadata = metadata
    }
}

/// A feed of one stream.
package struct FeedKey: Hashable, Sendable {
    /// The stream.
    package let incarnation: StreamIncarnation
    /// Unique within the stream.
    package let name: String

    /// The feed of that name of one stream.
    package init(incarnation: StreamIncarnation, name: String) {
        self.incarnation = incarnation
        self.name = name
    }
}

/// When events that a feed has not read yet may be removed.
public enum FeedGate: UInt8, Sendable, CaseIterable {
    /// Never: at the budget, appends are refused or wait instead.
    case never = 1
    /// Only where the disk budget leaves no other way.
    case onDiskPressure
    /// As soon as their retention time is over.
    case whenExpired
}
