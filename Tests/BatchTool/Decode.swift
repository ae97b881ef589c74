internal import Bytes
internal import StreamModel

/// Reads record sets, and prints what is in them.
func decode() throws {
    while let line = readLine() {
        var rest = (bytes(fromHex: "x" + line) ?? [])[...]
        while !rest.isEmpty {
            let count = try RecordBatch.byteCount(ofFirstIn: rest.rawSpan) ?? rest.count
            let batch = try RecordBatch(validating: rest.prefix(count))
            rest = rest.dropFirst(count)
            printHeader(of: batch)
            for record in try batch.records() { printRecord(record) }
        }
    }
}

private func printHeader(of batch: RecordBatch) {
    let header = batch.header
    print(
        """
        {"codec": "\(batch.codec)", "count": \(batch.count), "baseOffset": \(batch.baseOffset), \
        "producerId": \(header.producerID), "producerEpoch": \(header.producerEpoch), \
        "baseSequence": \(header.baseSequence), "maxTimestamp": \(header.maxTimestamp)}
        """)
}

private func printRecord(_ stored: StoredRecord) {
    let record = stored.record
    let headers = record.headers.map {
        "[\(json(Array($0.name.utf8))), \(json($0.value))]"
    }
    print(
        """
        {"offset": \(stored.offset), "timestamp": \(record.timestamp.milliseconds), \
        "key": \(json(record.key)), "value": \(json(record.value)), \
        "headers": [\(headers.joined(separator: ", "))]}
        """)
}

private func json(_ bytes: [UInt8]?) -> String { bytes.map { "\"\(hex($0))\"" } ?? "null" }
