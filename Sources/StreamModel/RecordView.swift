internal import Bytes

/// One record where it lies in its batch.
package struct RecordView: ~Escapable {
    /// The place of the record.
    package let offset: Offset
    /// When it was made; in a batch of the broker's times, when it was appended.
    package let timestamp: Timestamp
    /// The key in place.
    package let key: RawSpan?
    /// The payload in place.
    package let value: RawSpan?
    /// A cursor before the first header.
    package let headers: HeaderCursor

    @_lifetime(copy key, copy value, copy headers)
    init(
        offset: Offset, timestamp: Timestamp, key: RawSpan?, value: RawSpan?,
        headers: HeaderCursor
    ) {
        self.offset = offset
        self.timestamp = timestamp
        self.key = key
        self.value = value
        self.headers = headers
    }

    /// A copy that outlives the batch.
    ///
    /// What is not UTF-8 in the name of a header is replaced, as Kafka's Java client does it.
    package func stored() -> StoredRecord {
        var copies: [Record.Header] = []
        var headers = headers
        copies.reserveCapacity(headers.count)
        while let header = headers.next() { copies.append(header.copy()) }
        let record = Record(
            key: copied(key), value: copied(value), headers: copies, timestamp: timestamp)
        return StoredRecord(offset: offset, record: record)
    }
}

/// A copy of bytes that may not be there.
func copied(_ bytes: RawSpan?) -> [UInt8]? {
    guard let bytes else { return nil }
    return [UInt8](copying: bytes)
}
