import StreamModel
import Testing

@testable import StreamLog

/// Walks every sequence of calls up to a length, and compares the queue with a list.
@Suite("CommitQueue: every interleaving")
struct CommitQueueLaws {
    enum Call: CaseIterable {
        case record0, record1, batch0, largeBatch1, request, take, takeRequests
    }

    /// What was accepted, as a list: the naive queue.
    private struct Model {
        struct Item: Equatable {
            let number: Int
            /// Nil for a request.
            let partition: UInt32?
            let byteCount: Int
        }
        var items: [Item] = []
        var capacity = CommitQueueLaws.capacity

        func hasRoom(for count: Int) -> Bool { byteCount == 0 || byteCount + count <= capacity }

        var byteCount: Int { items.reduce(0) { $0 + $1.byteCount } }
    }

    private static let capacity = 1000
    private static let length = 5

    @Test
    func `what is taken is what was accepted, once, in order within each partition`() async throws {
        let continuation = await someContinuation()
        var sequence = [Int](repeating: 0, count: Self.length)
        let calls = Call.allCases
        var walked = 0
        repeat {
            try walk(sequence.map { calls[$0] }, continuation)
            walked += 1
        } while Self.advance(&sequence, base: calls.count)
        #expect(walked == 16_807)
    }

    private static func advance(_ digits: inout [Int], base: Int) -> Bool {
        for place in digits.indices.reversed() {
            digits[place] += 1
            if digits[place] < base { return true }
            digits[place] = 0
        }
        return false
    }

    private func walk(_ calls: [Call], _ continuation: RecordContinuation) throws {
        var queue = CommitQueue(capacity: Self.capacity)
        var model = Model()
        for (number, call) in (calls + [.take]).enumerated() {
            switch call {
            case .record0: try enqueueRecord(number, to: 0, &queue, &model, continuation)
            case .record1: try enqueueRecord(number, to: 1, &queue, &model, continuation)
            case .batch0: try enqueueBatch(number, to: 0, byteCount: 10, &queue, &model)
            case .largeBatch1: try enqueueBatch(number, to: 1, byteCount: 900, &queue, &model)
            case .request:
                let commit = Commit(requests: [.deleteStream(try StreamName("s\(number)"))])
                // A request gets through however full the queue is.
                try #require(queue.enqueue(commit) { _ in } == .queued)
                model.items.append(
                    .init(number: number, partition: nil, byteCount: commit.byteCount))
            case .take:
                try check(queue.take(), model.items, calls)
                model.items = []
                try #require(queue.isEmpty)
            case .takeRequests:
                let taken = queue.takeRequests()
                try check(taken, model.items.filter { $0.partition == nil }, calls)
                model.items.removeAll { $0.partition == nil }
            }
            try #require(queue.byteCount == model.byteCount, "\(calls)")
        }
    }

    private func enqueueRecord(
        _ number: Int, to partition: UInt32, _ queue: inout CommitQueue, _ model: inout Model,
        _ continuation: RecordContinuation
    ) throws {
        let byteCount = 300
        let value = [UInt8(number)] + [UInt8](repeating: 0, count: byteCount - 1)
        let count = byteCount + 64
        let hasRoom = model.hasRoom(for: count)
        let answer = try queue.enqueue(
            Record(value: value, timestamp: Timestamp(milliseconds: 0)), to: id(partition),
            continuation)
        try #require(answer == (hasRoom ? .queued : .full))
        guard hasRoom else { return }
        model.items.append(.init(number: number, partition: partition, byteCount: count))
    }

    private func enqueueBatch(
        _ number: Int, to partition: UInt32, byteCount: Int, _ queue: inout CommitQueue,
        _ model: inout Model
    ) throws {
        var builder = RecordBatchBuilder()
        let value = [UInt8(number)] + [UInt8](repeating: 0, count: byteCount)
        try builder.append(key: nil, value: value, timestamp: Timestamp(milliseconds: 0))
        let commit = Commit(appends: [.init(builder.finish(), to: id(partition))])
        let hasRoom = model.hasRoom(for: commit.byteCount)
        let answer = queue.enqueue(commit) { _ in }
        try #require(answer == (hasRoom ? .queued : .full))
        guard hasRoom else { return }
        model.items.append(
            .init(number: number, partition: partition, byteCount: commit.byteCount))
    }

    /// Each partition's numbers in the order they were accepted, and as many requests; records that
    /// nothing came between are one batch.
    private func check(_ load: CommitQueue.Load, _ items: [Model.Item], _ calls: [Call]) throws {
        var found: [UInt32: [Int]] = [:]
        var requests = 0
        var gatherings: Set<Int> = []
        for work in load.work {
            switch work {
            case .commit(let commit, _) where commit.appends.isEmpty: requests += 1
            case .commit(let commit, _):
                for append in commit.appends {
                    found[append.partition.index, default: []] += try numbers(append.batch)
                }
            case .gathering(let place):
                var gathering = load.gatherings[place]
                try #require(gatherings.insert(place).inserted)
                try #require(gathering.waiting.count == gathering.builder.count)
                found[gathering.partition.index, default: []] += try numbers(
                    gathering.builder.finish())
            }
        }
        try #require(gatherings.count == load.gatherings.count)
        try #require(requests == items.count { $0.partition == nil }, "\(calls)")
        for partition in UInt32(0)...1 {
            let expected = items.filter { $0.partition == partition }.map(\.number)
            try #require(found[partition] ?? [] == expected, "\(calls)")
        }
    }

    @Test
    func `records that wait together are one batch, until a commit comes between`() async throws {
        let continuation = await someContinuation()
        var queue = CommitQueue(capacity: 1 << 20)
        var model = Model(capacity: 1 << 20)
        for number in 0..<3 { try enqueueRecord(number, to: 0, &queue, &model, continuation) }
        try enqueueBatch(3, to: 1, byteCount: 10, &queue, &model)
        try enqueueRecord(4, to: 0, &queue, &model, continuation)
        try enqueueBatch(5, to: 0, byteCount: 10, &queue, &model)
        try enqueueRecord(6, to: 0, &queue, &model, continuation)

        let load = queue.take()

        #expect(load.gatherings.map(\.waiting.count) == [4, 1])
        #expect(load.work.count == 4)
    }

    private func numbers(_ batch: RecordBatch) throws -> [Int] {
        try batch.records().map { Int($0.record.value?.first ?? 0) }
    }

    private func id(_ partition: UInt32) -> PartitionID {
        PartitionID(StreamIncarnation(rawValue: 1), partition)
    }

    /// One that nobody will resume: it has been already.
    private func someContinuation() async -> RecordContinuation {
        var kept: RecordContinuation?
        _ = await unsafe withUnsafeContinuation { continuation in
            let made = unsafe RecordContinuation(continuation)
            kept = made
            made.resume(.success(.start))
        }
        return kept!
    }
}
