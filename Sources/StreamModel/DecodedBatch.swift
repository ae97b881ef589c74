internal import Bytes

/// A batch whose records lie bare, so that they can be read as often as needed.
package struct DecodedBatch: Sendable {
    /// The head of the batch the records came in.
    package let header: RecordBatchHeader

    /// The records one behind the other. Nothing about them has been checked.
    package let recordBytes: ArraySlice<UInt8>

    init(header: RecordBatchHeader, recordBytes: ArraySlice<UInt8>) {
        self.header = header
        self.recordBytes = recordBytes
    }

    /// A cursor before the first record.
    @_lifetime(borrow self)
    package func cursor() -> RecordCursor {
        RecordCursor(over: recordBytes.rawSpan, of: header)
    }

    /// The records as values.
    package func records() throws(BatchError) -> [StoredRecord] {
        var cursor = cursor()
        var records: [StoredRecord] = []
        // WHY: a record has at least 7 bytes, so a false count reserves no more than it was sent.
        records.reserveCapacity(min(Int(header.recordCount), recordBytes.count / 7))
        while let view = try cursor.next() { records.append(view.stored()) }
        return records
    }

    /// Reads every record, and returns from when to when they are; `nil` if there are none.
    package func timestamps() throws(BatchError) -> ClosedRange<Timestamp>? {
        var cursor = cursor()
        guard let first = try cursor.next() else { return nil }
        var (earliest, latest) = (first.timestamp, first.timestamp)
        while let view = try cursor.next() {
            earliest = min(earliest, view.timestamp)
            latest = max(latest, view.timestamp)
        }
        return earliest...latest
    }
}
