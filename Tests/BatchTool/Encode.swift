internal import Bytes
internal import Compression
internal import StreamModel

/// Reads descriptions of batches, and prints the batches.
func encode() throws {
    var open: DescribedBatch?
    var compressor = ZstdCompressor()
    while let line = readLine() {
        let words = line.split(separator: " ").map(String.init)
        switch words.first {
        case "batch":
            open?.printBatch(compressor: &compressor)
            open = try DescribedBatch(words)
        case "record": try open?.append(words)
        default: stop("neither a batch nor a record: \(line)")
        }
    }
    open?.printBatch(compressor: &compressor)
}

private struct DescribedBatch {
    private let isCompressed: Bool
    private let producer: BatchProducer?
    private var builder = RecordBatchBuilder()

    init(_ words: [String]) throws {
        guard words.count == 3 else { stop("a batch has a codec and a producer") }
        isCompressed = words[1] == "zstd"
        let numbers = words[2].split(separator: ",").compactMap { Int64($0) }
        producer =
            numbers.count == 3
            ? BatchProducer(
                id: numbers[0], epoch: Int16(numbers[1]), baseSequence: Int32(numbers[2]))
            : nil
    }

    mutating func append(_ words: [String]) throws {
        guard words.count >= 4, let timestamp = Int64(words[1]) else {
            stop("a record has a timestamp, a key and a value")
        }
        let headers = words.dropFirst(4).map { word in
            let parts = word.split(separator: "=").map(String.init)
            return Record.Header(
                name: String(decoding: bytes(fromHex: parts[0]) ?? [], as: UTF8.self),
                value: bytes(fromHex: parts[1]))
        }
        try builder.append(
            key: bytes(fromHex: words[2]), value: bytes(fromHex: words[3]), headers: headers,
            timestamp: Timestamp(milliseconds: timestamp))
    }

    mutating func printBatch(compressor: inout ZstdCompressor) {
        let batch =
            isCompressed
            ? builder.finish(from: producer, compressor: &compressor)
            : builder.finish(from: producer)
        print(hex(batch.bytes))
    }
}
