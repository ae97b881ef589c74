import Bytes
import Compression
import StreamModel
import TestKit
import Testing

@Suite("RecordBatch: hostile bytes", .proves(.hostileBytesAreHarmless))
struct RecordBatchHostileBytes {
    static let records = Record.random(12, seed: 5)

    static func batches() throws -> [[UInt8]] {
        var builder = RecordBatchBuilder()
        for index in 0..<40 { try builder.append(.of("event number \(index)", at: Int64(index))) }
        var compressor = ZstdCompressor()
        let compressed = builder.finish(compressor: &compressor)
        #expect(compressed.codec == .zstd)
        return [Array(try built(records).bytes), Array(compressed.bytes)]
    }

    @Test
    func `every prefix is refused`() throws {
        for bytes in try Self.batches() {
            for count in 0..<bytes.count {
                let error = #expect(throws: BatchError.self) {
                    try RecordBatch(validating: Array(bytes.prefix(count)))
                }
                guard case .malformed(.truncated) = error else {
                    Issue.record("\(count) bytes: \(String(describing: error))")
                    return
                }
            }
        }
    }

    @Test
    func `more bytes than the length says are refused`() throws {
        for bytes in try Self.batches() {
            #expect(throws: BatchError.malformed(.badLength(position: 8))) {
                try RecordBatch(validating: bytes + [0])
            }
        }
    }

    /// The checksum covers everything but the base offset and the leader epoch, which are not
    /// the producer's to say, and the three fields that are checked by what they are.
    @Test
    func `every flipped bit is found, or is in what the log overwrites`() throws {
        for bytes in try Self.batches() {
            let whole = try RecordBatch(validating: bytes)
            for position in bytes.indices {
                for bit in 0..<8 {
                    var changed = bytes
                    changed[position] ^= 1 << bit
                    let isOverwritten = (0..<8).contains(position) || (12..<16).contains(position)
                    if isOverwritten, position > 0 || bit < 7 {
                        var batch = try RecordBatch(validating: changed)
                        var expected = whole
                        batch.assign(baseOffset: .start)
                        expected.assign(baseOffset: .start)
                        #expect(batch == expected)
                    } else {
                        #expect(throws: BatchError.self, "bit \(bit) of byte \(position)") {
                            try RecordBatch(validating: changed)
                        }
                    }
                }
            }
        }
    }

    @Test
    func `records that a valid checksum covers are still not believed`() throws {
        for bytes in try Self.batches() {
            let whole = try RecordBatch(validating: bytes)
            for position in 61..<bytes.count {
                for change in [0x01, 0x80, 0xFF] as [UInt8] {
                    var forged = NaiveBatch()
                    forged.header = whole.header
                    forged.body = Array(bytes[61...])
                    forged.body[position - 61] ^= change
                    let batch = try RecordBatch(validating: forged.bytes)
                    let records = try? batch.records(limit: 100_000)
                    #expect(records == nil || records?.count == whole.count)
                }
            }
        }
    }

    @Test(arguments: [Int32.max, Int32.min, -1, 0, 48, 4 << 20])
    func `a length that cannot be is refused`(length: Int32) throws {
        var bytes = try Self.batches()[0]
        bytes.replace(at: 8, bigEndian: length)

        #expect(throws: BatchError.self) { try RecordBatch(validating: bytes) }
        #expect(throws: BatchError.self) { try RecordBatch.byteCount(ofFirstIn: bytes.rawSpan) }
    }

    @Test
    func `a batch past the limit is refused by its size`() throws {
        let limit = RecordBatch.byteCountMax
        var naive = NaiveBatch([.of("x")])
        naive.body = [UInt8](repeating: 0, count: limit - 60)
        let bytes = naive.bytes

        #expect(throws: BatchError.batchTooLarge(byteCount: limit + 1, limit: limit)) {
            try RecordBatch(validating: bytes)
        }
    }

    @Test(
        arguments: [
            (0, 0), (0, -1), (-1, -2), (3, 3), (3, 1), (.max, .max - 1), (.min, .max), (3, .max),
        ] as [(Int32, Int32)])
    func `a count that does not fit the records is refused`(count: Int32, delta: Int32) throws {
        var naive = NaiveBatch([.of("a"), .of("b")])
        naive.header.recordCount = count
        naive.header.lastOffsetDelta = delta

        #expect(throws: BatchError.self) {
            try RecordBatch(validating: naive.bytes).validateRecords()
        }
    }

    @Test(arguments: [Int64.min, -1, Int64.max, Int64.max - 1])
    func `a base offset that leaves no room is refused`(offset: Int64) {
        var naive = NaiveBatch([.of("a"), .of("b")])
        naive.header.baseOffset = offset

        #expect(throws: BatchError.malformed(.badValue(position: 0))) {
            try RecordBatch(validating: naive.bytes)
        }
    }

    @Test(arguments: [5, 6, 7] as [Int16])
    func `a codec that nobody knows is refused`(number: Int16) {
        var naive = NaiveBatch([.of("a")])
        naive.header.attributes = number

        #expect(throws: BatchError.malformed(.badValue(position: 21))) {
            try RecordBatch(validating: naive.bytes)
        }
    }

    @Test(arguments: [0, 1, 3, -1] as [Int8])
    func `another format is refused by its number`(magic: Int8) throws {
        var bytes = try Self.batches()[0]
        bytes.replace(at: 16, bigEndian: magic)

        #expect(throws: BatchError.unsupportedMagic(magic)) { try RecordBatch(validating: bytes) }
    }

    /// Offset deltas of the three records of a batch whose last delta is 2.
    @Test(
        arguments: [[0, 0, 1], [1, 0, 2], [0, 1, 3], [-1, 0, 1], [0, 1, 1 << 40]] as [[Int64]])
    func `offsets that do not rise within the batch are refused`(deltas: [Int64]) throws {
        var naive = NaiveBatch()
        for delta in deltas { naive.append(.of("x"), offsetDelta: delta, timeDelta: 0) }
        naive.header.recordCount = 3
        naive.header.lastOffsetDelta = 2

        let error = #expect(throws: BatchError.self) {
            try RecordBatch(validating: naive.bytes).validateRecords()
        }
        guard case .malformedRecord = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    /// A record's body that begins with attributes, time delta and offset delta, all zero.
    @Test(
        arguments: [
            ([0x03], "a key of -2 bytes"),
            ([0x01, 0x03], "a value of -2 bytes"),
            ([0x01, 0x01, 0x01], "-1 headers"),
            ([0x01, 0x01, 0x02], "a header that is not there"),
            ([0x01, 0x01, 0x02, 0x01, 0x01], "a header without a name"),
            ([0x01, 0x01, 0x02, 0x00, 0x03], "a header value of -2 bytes"),
            ([0x01, 0x01, 0x00, 0x00], "a byte too many"),
            ([0x01, 0x01], "a byte too few"),
            ([0xFE, 0xFF, 0xFF, 0xFF, 0x0F], "a key of 2^31 - 1 bytes"),
            ([0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F], "a key of more bytes than 32 bits count"),
            ([0x01, 0xFE, 0xFF, 0xFF, 0xFF, 0x0F], "a value of 2^31 - 1 bytes"),
            ([0x01, 0x01, 0xFE, 0xFF, 0xFF, 0xFF, 0x0F], "2^31 - 1 headers"),
            ([0x01, 0x01, 0x02, 0xFE, 0xFF, 0xFF, 0xFF, 0x0F], "a header name of 2^31 - 1 bytes"),
        ] as [([UInt8], String)])
    func `a record whose parts do not fill it exactly is refused`(rest: [UInt8], what: String)
        throws
    {
        var naive = NaiveBatch([.of("x")])
        let body = [0, 0, 0] + rest
        naive.body = [UInt8(body.count * 2)] + body

        let error = #expect(throws: BatchError.self) {
            try RecordBatch(validating: naive.bytes).validateRecords()
        }
        guard case .malformedRecord(index: 0, _) = error else {
            Issue.record("\(what): \(String(describing: error))")
            return
        }
    }

    @Test(
        arguments: [
            [0xFE, 0xFF, 0xFF, 0xFF, 0x0F], [0x01], [0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [0x00], [],
            [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80],
        ] as [[UInt8]])
    func `a record of an impossible length is refused`(length: [UInt8]) {
        var naive = NaiveBatch([.of("x")])
        naive.body = length + naive.body.dropFirst()

        #expect(throws: BatchError.self) {
            try RecordBatch(validating: naive.bytes).validateRecords()
        }
    }

    @Test
    func `a byte behind the last record is refused`() throws {
        var naive = NaiveBatch([.of("x")])
        let end = naive.body.count
        naive.body.append(0)

        #expect(throws: BatchError.malformedRecord(index: 1, .badLength(position: end))) {
            try RecordBatch(validating: naive.bytes).validateRecords()
        }
    }

    @Test
    func `a false count of records reserves no memory`() throws {
        var naive = NaiveBatch([.of("x")])
        naive.header.recordCount = .max
        naive.header.lastOffsetDelta = .max - 1

        #expect(throws: BatchError.self) { try RecordBatch(validating: naive.bytes).records() }
    }

    @Test(arguments: [Codec.gzip, .snappy, .lz4, .zstd])
    func `records that are not what their codec says are refused`(codec: Codec) throws {
        var naive = NaiveBatch([.of("x")])
        naive.header.attributes = Int16(codec.rawValue)

        #expect(throws: BatchError.compression(.malformed)) {
            try RecordBatch(validating: naive.bytes).records()
        }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `random records under a valid checksum never trap`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)

        for _ in 0..<200 {
            var naive = NaiveBatch()
            // Small bytes make more varints and lengths that nearly fit.
            naive.body = generator.bytes(Int.random(in: 0...200, using: &generator))
            for index in naive.body.indices where Bool.random(using: &generator) {
                naive.body[index] %= 16
            }
            naive.header.recordCount = Int32.random(in: 1...20, using: &generator)
            naive.header.lastOffsetDelta = naive.header.recordCount - 1
            naive.header.baseTimestamp = Int64(bitPattern: generator.next())
            naive.header.attributes = Int16.random(in: 0...63, using: &generator)
            guard let batch = try? RecordBatch(validating: naive.bytes) else { continue }
            _ = try? batch.records(limit: 10_000)
        }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `random heads never trap`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)

        for _ in 0..<500 {
            var bytes = generator.bytes(Int.random(in: 0...150, using: &generator))
            if bytes.count > 61 {
                bytes.replace(at: 8, bigEndian: Int32(bytes.count - 12))
                bytes[16] = 2
            }
            for batch in [
                try? RecordBatch(verified: bytes[...]), try? RecordBatch(compacted: bytes[...]),
            ] {
                _ = try? batch?.records(limit: 10_000)
                _ = batch?.endOffset
            }
        }
    }
}
