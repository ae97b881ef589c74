/// Who remembers a place in a partition.
package enum PositionKind: UInt8, Sendable {
    /// A consumer group: retention does not wait for it.
    case group = 1
    /// A materializer, an upload: retention waits for it as its gate says.
    case feed = 2
}

/// Whose position, in which partition.
package struct PositionKey: Hashable, Sendable {
    package let kind: PositionKind
    package let name: String
    package let partition: PartitionID

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
    package let incarnation: StreamIncarnation
    package let name: String

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
