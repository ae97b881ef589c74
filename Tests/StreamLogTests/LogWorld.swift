import StreamModel
import Synchronization
import TestKit

@testable import StreamLog

/// A store in a temporary directory, with a clock that a test turns and random numbers by seed.
final class LogWorld: Sendable {
    let directory: TemporaryDirectory
    let clock = TestClock()
    let configuration: LogConfiguration
    private let open = Mutex<StreamLog?>(nil)
    private let seed: UInt64

    init(seed: UInt64 = 1, _ configure: (inout LogConfiguration) -> Void = { _ in }) throws {
        directory = try TemporaryDirectory()
        var configuration = LogConfiguration()
        configuration.segmentByteCount = 256 << 10
        configuration.budget = 64 << 20
        configure(&configuration)
        self.configuration = configuration
        self.seed = seed
    }

    var path: String { directory.path + "/store" }

    /// The log, opened when it is not open.
    func log() throws(OpenError) -> StreamLog {
        if let known = open.withLock({ $0 }) { return known }
        let log = try StreamLog(
            opening: path, configuration, clock: clock, random: SeededGenerator(seed: seed))
        open.withLock { $0 = log }
        return log
    }

    func reopen() async throws -> StreamLog {
        await close()
        return try log()
    }

    func close() async {
        let log = open.withLock { open in
            defer { open = nil }
            return open
        }
        await log?.close()
    }

    /// The partitions of a stream, made when there is none of that name.
    func stream(_ name: String = "events", partitions: Int = 1) async throws -> [PartitionID] {
        let log = try log()
        let name = try StreamName(name)
        let known = try? log.stream(named: name)
        let definition: StreamDefinition
        if let known {
            definition = known
        } else {
            definition = try await log.createStream(name, partitionCount: partitions)
        }
        return (0..<definition.partitionCount).map {
            PartitionID(definition.incarnation, UInt32($0))
        }
    }

    /// The files of the log, by name.
    func segmentFiles() throws -> [String] {
        try LogDirectory(existingIn: path).segments().map { LogDirectory.segmentName($0) }
    }

    func segmentPath(_ name: String) -> String { path + "/log/default/" + name }
}

/// A clock that stands still until a test turns it.
final class TestClock: LogClock {
    private let time = Mutex(
        SystemTime(wall: 1_700_000_000_000, boot: 1_000_000, bootID: 7, isWallTrusted: true))

    func read() -> SystemTime { time.withLock { $0 } }

    /// Lets all clocks run on.
    func advance(_ milliseconds: Int64) {
        time.withLock { time in
            time.wall += milliseconds
            time.boot += milliseconds
        }
    }

    /// Sets the wall clock off by so much.
    func jump(_ milliseconds: Int64) { time.withLock { $0.wall += milliseconds } }

    /// Starts the machine again after it was off for so long.
    func restart(after milliseconds: Int64, isWallTrusted: Bool = true) {
        time.withLock { time in
            time.wall += milliseconds
            time.boot = 1000
            time.bootID += 1
            time.isWallTrusted = isWallTrusted
        }
    }
}

/// A batch of `count` records with values that name themselves.
func batch(_ values: [String], producer: BatchProducer? = nil) throws -> RecordBatch {
    var builder = RecordBatchBuilder()
    for value in values {
        try builder.append(
            key: nil, value: Array(value.utf8),
            timestamp: Timestamp(milliseconds: 1_700_000_000_000))
    }
    return builder.finish(from: producer)
}

func record(_ value: String, at time: Int64 = 1_700_000_000_000) -> Record {
    Record(value: Array(value.utf8), timestamp: Timestamp(milliseconds: time))
}

/// A batch of `count` bytes or a little more that compression would not help.
func largeBatch(_ byteCount: Int, producer: BatchProducer? = nil) throws -> RecordBatch {
    var builder = RecordBatchBuilder()
    try builder.append(
        key: nil, value: Array(repeating: 0x5A, count: byteCount),
        timestamp: Timestamp(milliseconds: 1_700_000_000_000))
    return builder.finish(from: producer)
}

extension StreamLog {
    func result(of commit: Commit) async -> Result<CommitReceipt, CommitError> {
        do throws(CommitError) {
            return .success(try await self.commit(commit))
        } catch {
            return .failure(error)
        }
    }

    /// Hands commits over so fast that the writer takes them together, or nearly so, and waits for
    /// the answers. A world with `linger` makes it likely.
    func commitTogether(_ commits: [Commit]) async -> [Result<CommitReceipt, CommitError>] {
        let answers = Mutex<[Int: Result<CommitReceipt, CommitError>]>([:])
        await withCheckedContinuation { all in
            let first = Commit(requests: [.registerProducer(name: nil, .keepEpoch)])
            for (place, commit) in ([first] + commits).enumerated() {
                let isRefused: CommitError?
                do throws(CommitError) {
                    try submit(commit) { answer in
                        let count = answers.withLock { answers in
                            answers[place] = answer
                            return answers.count
                        }
                        if count == commits.count + 1 { all.resume() }
                    }
                    isRefused = nil
                } catch {
                    isRefused = error
                }
                if let isRefused {
                    let count = answers.withLock { answers in
                        answers[place] = .failure(isRefused)
                        return answers.count
                    }
                    if count == commits.count + 1 { all.resume() }
                }
            }
        }
        let found = answers.withLock { $0 }
        return (1...commits.count).map { found[$0] ?? .failure(.closed(reason: nil)) }
    }

    /// Every value of a partition from `offset` on, with its offset.
    func values(of id: PartitionID, from offset: Int64 = 0) throws -> [(Int64, String)] {
        try items(of: id, from: offset).flatMap { item -> [(Int64, String)] in
            guard case .batch(let stored) = item else { return [] }
            return try stored.batch.records().map {
                ($0.offset.rawValue, String(decoding: $0.record.value ?? [], as: UTF8.self))
            }
        }
    }

    func items(of id: PartitionID, from offset: Int64 = 0) throws -> [ReadItem] {
        var items: [ReadItem] = []
        var next = Offset(unchecked: offset)
        while true {
            let result = try read(id, from: next, .reportGap)
            if result.items.isEmpty { return items }
            items += result.items
            next = result.next
        }
    }

    func append(_ values: [String], to id: PartitionID) async throws -> AppendOutcome {
        let receipt = try await commit(Commit(appends: [.init(try batch(values), to: id)]))
        return receipt.appends[0]
    }
}
