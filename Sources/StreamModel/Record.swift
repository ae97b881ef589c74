/// One event: what a producer wrote, and when.
public struct Record: Hashable, Sendable {
    /// A named value that travels with a record.
    public struct Header: Hashable, Sendable {
        /// The name; several headers may share one.
        public var name: String
        /// The value; `nil` is not the same as no bytes.
        public var value: [UInt8]?

        /// A header called `name`.
        public init(name: String, value: [UInt8]?) {
            self.name = name
            self.value = value
        }
    }

    /// What the record is about; chooses the partition. `nil` is not the same as no bytes.
    public var key: [UInt8]?
    /// The payload. `nil` is not the same as no bytes.
    public var value: [UInt8]?
    /// In the order the producer gave them.
    public var headers: [Header]
    /// When the producer says that it made the record.
    public var timestamp: Timestamp

    /// A record of `value`.
    public init(
        key: [UInt8]? = nil, value: [UInt8]?, headers: [Header] = [], timestamp: Timestamp
    ) {
        self.key = key
        self.value = value
        self.headers = headers
        self.timestamp = timestamp
    }
}

/// A record that has its place in a partition.
public struct StoredRecord: Hashable, Sendable {
    /// The place of the record; the next one is at least one further.
    public var offset: Offset
    /// What the producer wrote.
    public var record: Record

    /// `record` at `offset`.
    public init(offset: Offset, record: Record) {
        self.offset = offset
        self.record = record
    }
}
