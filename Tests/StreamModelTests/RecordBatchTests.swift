import Bytes
import Compression
import StreamModel
import Testing

@Suite("RecordBatch")
struct RecordBatchTests {
    static let records = [Record.of("one", at: 1000), .of("two", at: 3000), .of("three", at: 2000)]

    @Test
    func `the head is where the drawing says`() throws {
        var naive = NaiveBatch(Self.records)
        naive.header.baseOffset = 0x0102_0304_0506_0708
        naive.header.partitionLeaderEpoch = 0x1112_1314
        naive.header.attributes = 0b11_1000
        naive.header.producerID = 0x2122_2324_2526_2728
        naive.header.producerEpoch = 0x3132
        naive.header.baseSequence = 0x4142_4344
        let bytes = naive.bytes

        let header = try RecordBatch(validating: bytes).header
        var copy = [UInt8](repeating: 0, count: RecordBatchHeader.byteCount)
        header.encode(over: &copy)

        #expect(header.baseOffset == 0x0102_0304_0506_0708)
        #expect(header.partitionLeaderEpoch == 0x1112_1314)
        #expect(header.producer?.id == 0x2122_2324_2526_2728)
        #expect(header.producer?.epoch == 0x3132)
        #expect(header.producer?.baseSequence == 0x4142_4344)
        #expect(header.maxTimestamp == 3000)
        #expect(header.timestampType == .logAppendTime)
        #expect(header.isTransactional)
        #expect(header.isControl)
        #expect(copy == Array(bytes.prefix(61)))
    }

    @Test
    func `a batch takes its place without a change of its checksum`() throws {
        var batch = try built(Self.records)
        let before = batch
        let place = try #require(Offset(1 << 40))

        batch.assign(baseOffset: place)
        let again = try RecordBatch(validating: batch.bytes)

        #expect(again == batch)
        #expect(batch.baseOffset == place)
        #expect(batch.endOffset == place.advanced(by: 3))
        #expect(batch.header.partitionLeaderEpoch == 0)
        #expect(batch.header.checksum == before.header.checksum)
        #expect(batch.bytes.dropFirst(16) == before.bytes.dropFirst(16))
        #expect(try batch.records().map(\.offset.rawValue) == [1 << 40, 1 << 40 + 1, 1 << 40 + 2])
    }

    @Test
    func `a batch can lie anywhere in a larger array`() throws {
        let whole = try built(Self.records)
        let around = [UInt8](repeating: 9, count: 100) + Array(whole.bytes) + [9, 9, 9]

        var batch = try RecordBatch(validating: around[100..<(100 + whole.byteCount)])
        batch.assign(baseOffset: Offset.start.advanced(by: 5))

        #expect(try batch.records().map(\.record) == Self.records)
        #expect(batch.baseOffset.rawValue == 5)
    }

    @Test
    func `a record set is split batch by batch`() throws {
        let batches = [try built(Self.records), try built([.of("x")])]
        var rest = batches.flatMap(\.bytes)[...]

        var found: [RecordBatch] = []
        while let count = try RecordBatch.byteCount(ofFirstIn: rest.rawSpan) {
            found.append(try RecordBatch(validating: rest.prefix(count)))
            rest = rest.dropFirst(count)
        }

        #expect(found == batches)
        #expect(rest.isEmpty)
    }

    @Test
    func `the times of a batch are those of its records, whatever its head says`() throws {
        var naive = NaiveBatch(Self.records)
        naive.header.maxTimestamp = 99

        let range = try RecordBatch(validating: naive.bytes).validateRecords()

        #expect(range == Timestamp(milliseconds: 1000)...Timestamp(milliseconds: 3000))
    }

    @Test
    func `where the broker's clock counts, every record has the batch's time`() throws {
        var naive = NaiveBatch(Self.records)
        naive.header.attributes = 0b1000
        naive.header.maxTimestamp = 7777

        let records = try RecordBatch(validating: naive.bytes).records()

        #expect(records.map(\.record.timestamp.milliseconds) == [7777, 7777, 7777])
    }

    @Test
    func `a batch that compaction thinned out is read, but not appended`() throws {
        var naive = NaiveBatch()
        naive.header.baseOffset = 100
        naive.append(.of("a"), offsetDelta: 2, timeDelta: 0)
        naive.append(.of("b"), offsetDelta: 7, timeDelta: 0)
        naive.header.recordCount = 2
        naive.header.lastOffsetDelta = 9
        let bytes = naive.bytes

        let batch = try RecordBatch(compacted: bytes[...])

        #expect(try batch.records().map(\.offset.rawValue) == [102, 107])
        #expect(batch.endOffset.rawValue == 110)
        #expect(throws: BatchError.badCount(recordCount: 2, lastOffsetDelta: 9)) {
            try RecordBatch(validating: bytes)
        }
    }

    @Test
    func `a batch that compaction emptied has no records`() throws {
        var naive = NaiveBatch()
        naive.header.lastOffsetDelta = 9

        let batch = try RecordBatch(compacted: naive.bytes[...])

        #expect(try batch.records() == [])
        #expect(try batch.validateRecords() == nil)
    }

    @Test
    func `headers may share a name, lack a value, or have a name that is not UTF-8`() throws {
        let headers = [
            Record.Header(name: "a", value: [1]), .init(name: "a", value: nil),
            .init(name: "", value: []),
        ]
        let good = NaiveBatch([
            Record(value: nil, headers: headers, timestamp: .init(milliseconds: 0))
        ])
        var bad = good
        bad.body = good.body.map { $0 == UInt8(ascii: "a") ? 0xFF : $0 }

        #expect(try RecordBatch(validating: good.bytes).records()[0].record.headers == headers)
        #expect(
            try RecordBatch(validating: bad.bytes).records()[0].record.headers.map(\.name)
                == ["\u{FFFD}", "\u{FFFD}", ""])
    }

    @Test(arguments: Codec.allCases)
    func `a limit on what is decompressed holds`(codec: Codec) throws {
        guard codec == .snappy || codec == .zstd else { return }
        var naive = NaiveBatch([
            Record(value: [UInt8](repeating: 0, count: 1 << 20), timestamp: .init(milliseconds: 0))
        ])
        let limit = naive.body.count
        naive.header.attributes = Int16(codec.rawValue)
        var compressor = ZstdCompressor()
        naive.body =
            codec == .zstd
            ? compressor.compress(naive.body.rawSpan) : Snappy.compress(naive.body.rawSpan)
        let batch = try RecordBatch(validating: naive.bytes)

        #expect(try batch.records(limit: limit).count == 1)
        #expect(throws: BatchError.compression(.tooLarge(limit: limit - 1))) {
            try batch.records(limit: limit - 1)
        }
    }
}
