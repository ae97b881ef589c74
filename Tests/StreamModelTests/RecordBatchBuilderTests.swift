import Bytes
import Compression
import StreamModel
import TestKit
import Testing

@Suite("RecordBatchBuilder")
struct RecordBatchBuilderTests {
    @Test
    func `a finished builder is empty and ready for the next batch`() throws {
        var builder = RecordBatchBuilder(reserving: 1000)
        try builder.append(.of("first", at: 5))
        let producer = BatchProducer(id: 4, epoch: 2, baseSequence: 9)

        let first = builder.finish(from: producer)
        let isEmpty = builder.isEmpty
        try builder.append(.of("second", at: 7))
        let second = builder.finish()

        #expect(isEmpty)
        #expect(first.header.producer == producer)
        #expect(second.header.producer == nil)
        #expect(second == (try built([.of("second", at: 7)])))
    }

    @Test
    func `the size is known before the batch is finished`() throws {
        var builder = RecordBatchBuilder()
        for record in Record.random(50, seed: 3) { try builder.append(record) }
        let (byteCount, count) = (builder.byteCount, builder.count)

        let batch = builder.finish()

        #expect(batch.byteCount == byteCount)
        #expect(batch.count == count)
    }

    @Test
    func `events are compressed, and come back`() throws {
        var builder = RecordBatchBuilder()
        var compressor = ZstdCompressor()
        let records = (0..<500).map {
            Record.of("{\"pump\":\($0 % 7),\"value\":\($0)}", at: Int64($0))
        }
        for record in records { try builder.append(record) }
        let plain = builder.byteCount

        let batch = builder.finish(
            from: BatchProducer(id: 1, epoch: 0, baseSequence: 0), compressor: &compressor)

        #expect(batch.codec == .zstd)
        #expect(batch.byteCount < plain / 4)
        #expect(try RecordBatch(validating: batch.bytes) == batch)
        #expect(try batch.records().map(\.record) == records)
    }

    @Test
    func `what does not get smaller is left alone`() throws {
        var compressor = ZstdCompressor()
        var large = RecordBatchBuilder()
        var generator = SeededGenerator(seed: 1)
        try large.append(
            key: nil, value: generator.bytes(10_000), timestamp: .init(milliseconds: 0))
        var small = RecordBatchBuilder()
        try small.append(.of(String(repeating: "a", count: 150)))

        let batches = [
            large.finish(compressor: &compressor), small.finish(compressor: &compressor),
        ]

        #expect(batches.map(\.codec) == [.none, .none])
    }

    @Test
    func `a record as large as a batch may be fits, and one byte more does not`() throws {
        let limit = RecordBatch.byteCountMax
        // 61 of the head, 4 + 1 + 1 + 1 before the key, 1 for it, 4 for the value's length, 1 for
        // the headers.
        let largest = limit - 61 - 13
        var builder = RecordBatchBuilder()
        let before = builder.byteCount

        #expect(throws: BatchError.recordTooLarge(byteCount: limit + 1, limit: limit)) {
            try builder.append(
                key: nil, value: [UInt8](repeating: 1, count: largest + 1),
                timestamp: .init(milliseconds: 0))
        }
        #expect(builder.isEmpty)
        #expect(builder.byteCount == before)

        try builder.append(
            key: nil, value: [UInt8](repeating: 1, count: largest),
            timestamp: .init(milliseconds: 0)
        )
        let batch = builder.finish()
        #expect(batch.byteCount == limit)
        #expect(throws: Never.self) { try RecordBatch(validating: batch.bytes).validateRecords() }
    }

    @Test
    func `a record that finds no room leaves the builder as it was`() throws {
        let limit = RecordBatch.byteCountMax
        var builder = RecordBatchBuilder()
        try builder.append(.of("small", at: 10))
        let expected = builder

        let error = #expect(throws: BatchError.self) {
            try builder.append(
                key: nil, value: [UInt8](repeating: 1, count: limit - 85),
                timestamp: .init(milliseconds: 20))
        }

        var copy = expected
        #expect(error == .batchTooLarge(byteCount: 73 + limit - 85 + 13, limit: limit))
        #expect(builder.finish() == copy.finish())
    }
}
