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
    @inline(__always)
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

    @inline(__always)
    private mutating func offset(from body: inout ByteReader) throws(DecodeError) -> Offset {
        let position = body.position
        let delta = try body.zigzag32()
        guard delta >= deltaMin, delta <= header.lastOffsetDelta else {
            throw .badValue(position: position)
        }
        deltaMin = delta &+ 1
        return Offset(unchecked: header.baseOffset &+ Int64(delta))
    }

    @inline(__always)
    private func timestamp(after delta: Int64) -> Timestamp {
        switch header.timestampType {
        // WHY: a sum that wraps is a moment too, and Kafka's own clients compute it so.
        case .createTime: Timestamp(milliseconds: header.baseTimestamp &+ delta)
        case .logAppendTime: Timestamp(milliseconds: header.maxTimestamp)
        }
    }
}
