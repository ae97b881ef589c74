import Glibc
import StreamLog
import StreamModel

/// A log in a directory of its own, with one stream, for the length of a benchmark.
final class BenchmarkLog: Sendable {
    let log: StreamLog
    let partitions: [PartitionID]
    let path: String

    init(
        below directory: String, name: String = "store", partitions count: Int = 16,
        compression: StreamConfiguration.Compression = .zstd,
        _ configure: (inout LogConfiguration) -> Void = { _ in }
    ) async throws {
        var configuration = LogConfiguration()
        configuration.budget = 40 << 30
        configuration.segmentByteCount = 64 << 20
        configure(&configuration)
        path = "\(directory)/\(name)"
        log = try StreamLog(
            opening: path, configuration, random: SystemRandomNumberGenerator())
        let stream = try StreamName("events")
        let known = try? log.stream(named: stream)
        let definition: StreamDefinition
        if let known {
            definition = known
        } else {
            definition = try await log.createStream(
                stream, partitionCount: count, StreamConfiguration(compression: compression))
        }
        partitions = (0..<definition.partitionCount).map {
            PartitionID(definition.incarnation, UInt32($0))
        }
    }

    func close(removing: Bool = true) async {
        await log.close()
        if removing { Scratch.remove(path) }
    }

    /// The segment files, oldest first.
    var segmentPaths: [String] {
        get throws { log.segmentPaths() }
    }
}

/// What a caller appends: random bytes that no codec makes smaller.
struct RandomBatches {
    private var payload: Payload
    private let recordByteCount: Int
    private let recordCount: Int

    init(recordByteCount: Int, recordCount: Int) throws {
        payload = try Payload(byteCount: recordByteCount * recordCount)
        self.recordByteCount = recordByteCount
        self.recordCount = recordCount
    }

    mutating func next() throws -> RecordBatch {
        let bytes = payload.next()
        var builder = RecordBatchBuilder(reserving: bytes.count + recordCount * 12 + 128)
        for index in 0..<recordCount {
            let start = bytes.startIndex + index * recordByteCount
            try builder.append(
                key: nil, value: Array(bytes[start..<(start + recordByteCount)]),
                timestamp: Timestamp(milliseconds: 1_700_000_000_000))
        }
        return builder.finish()
    }

    /// Begins elsewhere than the others that share the pool.
    mutating func skip(_ count: Int) { for _ in 0..<count { _ = payload.next() } }

    mutating func nextValue() -> [UInt8] { Array(payload.next()) }
}

/// What this process has given to write calls so far, in bytes.
func bytesWritten() throws -> Int { try processFigure("/proc/self/io", "wchar:") }

/// Memory of this process that no file backs, in bytes.
func anonymousMemory() throws -> Int {
    try processFigure("/proc/self/status", "RssAnon:") * 1024
}

func processFigure(_ path: String, _ label: String) throws -> Int {
    let file = try BenchmarkFile(path, O_RDONLY)
    var buffer = [UInt8](repeating: 0, count: 8192)
    // SAFETY: the pointer is used only inside the closure.
    let count = unsafe buffer.withUnsafeMutableBytes { bytes in
        unsafe read(file.descriptor, bytes.baseAddress, bytes.count)
    }
    let text = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    for line in text.split(separator: "\n") where line.hasPrefix(label) {
        let digits = line.dropFirst(label.count).drop { !$0.isNumber }.prefix { $0.isNumber }
        if let number = Int(digits) { return number }
    }
    throw LimitError(operation: "find \(label) in \(path)", code: 0)
}
