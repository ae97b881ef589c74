internal import Bytes
package import Compression

/// Writes records one behind the other into the memory that becomes their batch.
///
/// The size of a record is computed before it is written, so that nothing is moved afterwards: one
/// copy of each key and value, and no allocation but the growth of the one buffer.
package struct RecordBatchBuilder: Sendable {
    /// Fewer bytes of records than this are not worth a try at compressing them.
    package static let byteCountWorthCompressing = 200

    /// The head's place, and the records so far.
    private var bytes: [UInt8] = []
    private var header = RecordBatchHeader()

    /// A builder whose memory has `capacity` bytes to begin with.
    package init(reserving capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
        begin()
    }

    /// How many records have been appended.
    package var count: Int { Int(header.recordCount) }

    /// How many bytes the batch has so far, head included, not compressed.
    package var byteCount: Int { bytes.count }

    package var isEmpty: Bool { header.recordCount == 0 }

    /// Appends one record. When it throws, the builder is as before.
    package mutating func append(
        key: RawSpan?, value: RawSpan?, headers: [Record.Header] = [], timestamp: Timestamp
    ) throws(BatchError) {
        let baseTimestamp = isEmpty ? timestamp.milliseconds : header.baseTimestamp
        let record = RecordLayout(
            timeDelta: timestamp.milliseconds &- baseTimestamp, offsetDelta: header.recordCount,
            keyByteCount: key?.byteCount, valueByteCount: value?.byteCount, headers: headers)
        try checkRoom(for: record.byteCount)

        bytes.append(addingCapacity: record.byteCount) { output in
            record.write(key: key, value: value, headers: headers, to: &output)
        }
        header.maxTimestamp =
            isEmpty ? timestamp.milliseconds : max(header.maxTimestamp, timestamp.milliseconds)
        header.baseTimestamp = baseTimestamp
        header.lastOffsetDelta = header.recordCount
        header.recordCount += 1
    }

    /// The same for arrays.
    package mutating func append(
        key: [UInt8]?, value: [UInt8]?, headers: [Record.Header] = [], timestamp: Timestamp
    ) throws(BatchError) {
        try append(
            key: key.rawSpan, value: value.rawSpan, headers: headers, timestamp: timestamp)
    }

    /// The same for a record as a value.
    package mutating func append(_ record: Record) throws(BatchError) {
        try append(
            key: record.key, value: record.value, headers: record.headers,
            timestamp: record.timestamp)
    }

    /// The records as a batch that is not compressed. The builder is empty afterwards.
    package mutating func finish(from producer: BatchProducer? = nil) -> RecordBatch {
        finish(from: producer, codec: .none, replacing: nil)
    }

    /// The records as a batch, compressed if that pays. The builder is empty afterwards.
    package mutating func finish(
        from producer: BatchProducer? = nil, compressor: inout ZstdCompressor
    ) -> RecordBatch {
        let headByteCount = RecordBatchHeader.byteCount
        guard bytes.count - headByteCount >= Self.byteCountWorthCompressing,
            let compressed = compressor.compressIfSmaller(
                bytes.rawSpan.extracting(droppingFirst: headByteCount), leaving: headByteCount)
        else { return finish(from: producer) }
        return finish(from: producer, codec: .zstd, replacing: compressed)
    }
}

extension RecordBatchBuilder {
    private mutating func begin() {
        bytes.append(contentsOf: repeatElement(0, count: RecordBatchHeader.byteCount))
        header = RecordBatchHeader()
    }

    private func checkRoom(for recordByteCount: Int) throws(BatchError) {
        let limit = RecordBatch.byteCountMax
        guard recordByteCount <= limit - bytes.count else {
            let alone = RecordBatchHeader.byteCount + recordByteCount
            throw alone > limit
                ? .recordTooLarge(byteCount: alone, limit: limit)
                : .batchTooLarge(byteCount: bytes.count + recordByteCount, limit: limit)
        }
    }

    private mutating func finish(
        from producer: BatchProducer?, codec: Codec, replacing compressed: [UInt8]?
    ) -> RecordBatch {
        precondition(!isEmpty, "a batch without records was finished")
        var batch = compressed ?? bytes
        bytes = []
        if let producer {
            header.producerID = producer.id
            header.producerEpoch = producer.epoch
            header.baseSequence = producer.baseSequence
        }
        header.attributes = Int16(codec.rawValue)
        header.batchLength = Int32(
            batch.count - RecordBatchHeader.Position.partitionLeaderEpoch)
        header.encode(over: &batch)
        header.checksum = CRC32C.checksum(
            batch.rawSpan.extracting(droppingFirst: RecordBatchHeader.Position.attributes))
        batch.replace(at: RecordBatchHeader.Position.checksum, bigEndian: header.checksum)
        let result = RecordBatch(header: header, built: batch)
        begin()
        return result
    }
}

/// The numbers that go before the parts of a record, and how many bytes it all takes.
///
/// `RecordCursor` has the drawing.
private struct RecordLayout {
    let timeDelta: Int64
    let offsetDelta: Int32
    /// -1 stands for no key, as in the bytes.
    let keyByteCount: Int
    let valueByteCount: Int
    /// What `length` says: everything but itself.
    let bodyByteCount: Int
    let byteCount: Int

    init(
        timeDelta: Int64, offsetDelta: Int32, keyByteCount: Int?, valueByteCount: Int?,
        headers: [Record.Header]
    ) {
        self.timeDelta = timeDelta
        self.offsetDelta = offsetDelta
        self.keyByteCount = keyByteCount ?? -1
        self.valueByteCount = valueByteCount ?? -1
        var sum = 1 + ByteWriter.byteCount(ofZigzag: timeDelta)
        sum += ByteWriter.byteCount(ofZigzag: Int64(offsetDelta))
        sum += RecordLayout.byteCount(ofPrefixed: keyByteCount)
        sum += RecordLayout.byteCount(ofPrefixed: valueByteCount)
        sum += ByteWriter.byteCount(ofZigzag: Int64(headers.count))
        for header in headers {
            sum += RecordLayout.byteCount(ofPrefixed: header.name.utf8.count)
            sum += RecordLayout.byteCount(ofPrefixed: header.value?.count)
        }
        bodyByteCount = sum
        byteCount = ByteWriter.byteCount(ofZigzag: Int64(sum)) + sum
    }

    func write(
        key: RawSpan?, value: RawSpan?, headers: [Record.Header], to output: inout OutputSpan<UInt8>
    ) {
        output.append(zigzag: Int64(bodyByteCount))
        output.append(0)  // Attributes of records are unused.
        output.append(zigzag: timeDelta)
        output.append(zigzag: Int64(offsetDelta))
        output.append(zigzag: Int64(keyByteCount))
        if let key { output.append(copying: key) }
        output.append(zigzag: Int64(valueByteCount))
        if let value { output.append(copying: value) }
        output.append(zigzag: Int64(headers.count))
        for header in headers {
            output.append(zigzag: Int64(header.name.utf8.count))
            for byte in header.name.utf8 { output.append(byte) }
            output.append(zigzag: Int64(header.value?.count ?? -1))
            if let value = header.value { output.append(copying: value.rawSpan) }
        }
    }

    private static func byteCount(ofPrefixed byteCount: Int?) -> Int {
        ByteWriter.byteCount(ofZigzag: Int64(byteCount ?? -1)) + (byteCount ?? 0)
    }
}
