import Bytes
import Compression
import StreamModel
import Testing

@Suite("RecordBatch: laws")
struct RecordBatchLaws {
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `what is built is what the protocol guide describes, byte for byte`(seed: UInt64) throws {
        let records = Record.random(Int(seed * seed) % 130 + 1, seed: seed)

        let batch = try built(records)

        #expect(Array(batch.bytes) == NaiveBatch(records).bytes)
    }

    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `records come back as they went in, compressed or not`(seed: UInt64) throws {
        let records = Record.random(Int(seed * 7) % 130 + 1, seed: seed)
        var builder = RecordBatchBuilder()
        for record in records { try builder.append(record) }
        var compressor = ZstdCompressor()

        let batches = [try built(records), builder.finish(compressor: &compressor)]

        for batch in batches {
            let stored = try RecordBatch(validating: batch.bytes).records()
            #expect(stored.map(\.record) == records)
            #expect(stored.map(\.offset.rawValue) == (0..<Int64(records.count)).map { $0 })
            let times = try batch.validateRecords()
            #expect(times?.lowerBound == records.map(\.timestamp).min())
            #expect(times?.upperBound == records.map(\.timestamp).max())
            #expect(batch.header.maxTimestamp == times?.upperBound.milliseconds)
        }
    }

    /// The borders of every varint that a record begins with.
    @Test
    func `every length of a value comes back`() throws {
        let lengths = Array(0...140) + [8190, 8191, 8192, 8193, 1_048_575, 1_048_576]

        for length in lengths {
            let record = Record(
                key: [UInt8](repeating: 1, count: length % 70),
                value: [UInt8](repeating: 2, count: length), timestamp: .init(milliseconds: 0))
            #expect(try built([record]).records().map(\.record) == [record])
        }
    }

    @Test
    func `every distance in time comes back, even one that wraps`() throws {
        let times: [Int64] = [0, -1, 1, 63, -64, 64, .max, .min, 1 << 40, -(1 << 40), .max - 1]

        for first in times {
            for second in times {
                let records = [Record.of("a", at: first), .of("b", at: second)]
                #expect(try built(records).records().map(\.record) == records)
            }
        }
    }
}
