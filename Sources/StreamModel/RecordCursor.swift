internal import Bytes

/// Steps through the records of a batch where they lie. Copies nothing, and never traps.
///
///     ┌────────┬────────────┬────────────┬──────────────┬─────────┬───────────┬───────────────┐
///     │ length │ attributes │ time delta │ offset delta │ key     │ value     │ header count, │
///     │        │ (1 byte)   │            │              │         │           │ headers       │
///     └────────┴────────────┴────────────┴──────────────┴─────────┴───────────┴───────────────┘
///
/// All numbers are zigzag varints. `length` counts what follows it. Key and value are a length and
/// that many bytes, and -1 stands for `nil`. A header is a name, which has bytes, and such a value.
/// (Kafka protocol guide, "Record".)
package struct RecordCursor: ~Escapable {
    var reader: ByteReader
    let header: RecordBatchHeader
    /// How many records came before.
    var index: Int32 = 0
    /// The smallest offset delta the next record may have.
    var deltaMin: Int32 = 0

    @_lifetime(copy records)
    init(over records: RawSpan, of header: RecordBatchHeader) {
        reader = ByteReader(records)
        self.header = header
    }

    /// The next record, or `nil` after the last one.
    ///
    /// An error is the end: the cursor stays wherever it got to.
    @_lifetime(copy self)
    package mutating func next() throws(BatchError) -> RecordView? {
        do throws(DecodeError) {
            guard index < header.recordCount else {
                guard reader.isAtEnd else { throw .badLength(position: reader.position) }
                return nil
            }
            let view = try record()
            index &+= 1
            return view
        } catch {
            throw .malformedRecord(index: Int(index), error)
        }
    }

    @_lifetime(copy self)
    private mutating func record() throws(DecodeError) -> RecordView {
        let start = reader.position
        let length = try reader.zigzag32()
        var body = try reader.slice(Int(length))
        try body.skip(1)  // Attributes of records are unused.
        let timeDelta = try body.zigzag()
        let offset = try offset(from: &body)
        let key = try body.nullableBytes()
        let value = try body.nullableBytes()
        let headers = try HeaderCursor(checking: &body)
        guard body.isAtEnd else { throw .badLength(position: start) }
        return RecordView(
            offset: offset, timestamp: timestamp(after: timeDelta), key: key, value: value,
            headers: headers)
    }

    private mutating func offset(from body: inout ByteReader) throws(DecodeError) -> Offset {
        let position = body.position
        let delta = try body.zigzag32()
        guard delta >= deltaMin, delta <= header.lastOffsetDelta else {
            throw .badValue(position: position)
        }
        deltaMin = delta &+ 1
        return Offset(unchecked: header.baseOffset &+ Int64(delta))
    }

    private func timestamp(after delta: Int64) -> Timestamp {
        switch header.timestampType {
        // WHY: a sum that wraps is a moment too, and Kafka's own clients compute it so.
        case .createTime: Timestamp(milliseconds: header.baseTimestamp &+ delta)
        case .logAppendTime: Timestamp(milliseconds: header.maxTimestamp)
        }
    }
}

/// One record where it lies in its batch.
package struct RecordView: ~Escapable {
    package let offset: Offset
    package let timestamp: Timestamp
    package let key: RawSpan?
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

/// One header where it lies in its batch.
package struct HeaderView: ~Escapable {
    package let name: RawSpan
    package let value: RawSpan?

    @_lifetime(copy name, copy value)
    init(name: RawSpan, value: RawSpan?) {
        self.name = name
        self.value = value
    }

    /// A copy that outlives the batch.
    package func copy() -> Record.Header {
        Record.Header(
            name: String(decoding: [UInt8](copying: name), as: UTF8.self), value: copied(value))
    }
}

/// Steps through the headers of one record.
package struct HeaderCursor: ~Escapable {
    /// How many headers have not been stepped over.
    package private(set) var count: Int
    var reader: ByteReader

    /// Steps `body` over its headers, all of which are then known to be whole.
    @_lifetime(copy body)
    init(checking body: inout ByteReader) throws(DecodeError) {
        let position = body.position
        let count = try body.zigzag32()
        guard count >= 0 else { throw .badLength(position: position) }
        self.count = Int(count)
        reader = body
        // A false count ends with the bytes, since a header has at least two.
        for _ in 0..<count { try HeaderCursor.skip(in: &body) }
    }

    private static func skip(in body: inout ByteReader) throws(DecodeError) {
        try body.skip(Int(try body.zigzag32()))
        _ = try body.nullableBytes()
    }

    /// The next header, or `nil` after the last one.
    @_lifetime(copy self)
    package mutating func next() -> HeaderView? {
        guard count > 0 else { return nil }
        count -= 1
        do {
            let name = try reader.span(Int(try reader.zigzag32()))
            return HeaderView(name: name, value: try reader.nullableBytes())
        } catch {
            preconditionFailure("a header that was checked is not there: \(error)")
        }
    }
}

extension ByteReader {
    /// A zigzag length and that many bytes; -1 for `nil`.
    @_lifetime(copy self)
    fileprivate mutating func nullableBytes() throws(DecodeError) -> RawSpan? {
        let position = position
        let length = try zigzag32()
        if length >= 0 { return try span(Int(length)) }
        guard length == -1 else { throw .badLength(position: position) }
        return nil
    }
}

private func copied(_ bytes: RawSpan?) -> [UInt8]? {
    guard let bytes else { return nil }
    return [UInt8](copying: bytes)
}
