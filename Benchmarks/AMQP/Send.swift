import StreamLog
import StreamModel

extension Benchmark {
    private static let connectionCount = 4
    private static let eventByteCount = 1000
    private static let batchEventCount = 100

    /// Batches of 100 events over 4 connections, beside the log's own append of such batches.
    static let sendBatched = Benchmark("send.batched") { directory in
        [
            try await send(
                "send.batched", below: directory, eventsPerMessage: batchEventCount, messages: 100)
        ]
    }

    /// Single events over 4 connections, 1,000 under way on each, beside the same.
    static let sendSingle = Benchmark("send.single") { directory in
        [try await send("send.single", below: directory, eventsPerMessage: 1, messages: 10_000)]
    }

    private static func send(
        _ name: String, below directory: String, eventsPerMessage: Int, messages: Int
    ) async throws -> Figure {
        let hub = try await BenchmarkHub(below: directory)
        let plain = try await BenchmarkLog(below: directory, name: "plain", partitions: 4)
        let frames = try TransferFrames(
            count: 40, eventCount: eventsPerMessage, byteCount: eventByteCount)
        let batches = try RandomBatches(
            recordByteCount: eventByteCount, recordCount: batchEventCount)
        let sums = try await interleaved(pairs: 8) {
            let start = ContinuousClock.now
            try await BenchmarkHub.onThreads(connectionCount) { index in
                try send(
                    messages, frames, over: try hub.peer(.send(to: "events/Partitions/\(index)")))
            }
            return Measurement(
                amount: Double(connectionCount * messages * eventsPerMessage),
                seconds: start.duration(to: .now).inSeconds)
        } limit: {
            try await append(batches, to: plain, rounds: 10)
        }
        await plain.close()
        try await hub.close()
        return Figure(
            name: name, value: sums.ours.rate, unit: .eventsPerSecond, limit: sums.limit.rate)
    }

    /// Sends as fast as the credit allows, until everything has been accepted.
    private static func send(
        _ count: Int, _ frames: TransferFrames, over peer: LoopbackPeer
    ) throws {
        var sent: UInt32 = 0
        var bytes: [UInt8] = []
        while peer.accepted < count {
            bytes.removeAll(keepingCapacity: true)
            while sent < count, sent < peer.allowed, bytes.count < 128 << 10 {
                frames.append(number: sent, to: &bytes)
                sent += 1
            }
            if bytes.isEmpty { try peer.read() } else { try peer.write(bytes) }
        }
    }

    /// As many bytes under way as the connections have, in batches like theirs.
    private static func append(
        _ batches: RandomBatches, to store: BenchmarkLog, rounds: Int
    ) async throws -> Measurement {
        let callers = connectionCount * 10
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<callers {
                var batches = batches
                batches.skip(caller)
                group.addTask { [batches] in
                    var batches = batches
                    for _ in 0..<rounds {
                        let append = Commit.Append(
                            try batches.next(), to: store.partitions[caller % connectionCount])
                        _ = try await store.log.commit(Commit(appends: [append]))
                    }
                }
            }
            try await group.waitForAll()
        }
        return Measurement(
            amount: Double(callers * rounds * batchEventCount),
            seconds: start.duration(to: .now).inSeconds)
    }

    /// One event sent and accepted, nothing else going on, beside one flush of 4 KiB.
    static let sendLatency = Benchmark("send.latency") { directory in
        let hub = try await BenchmarkHub(below: directory)
        let file = try FlushedFile(below: directory, groupByteCount: 4096)
        let frames = try TransferFrames(count: 40, eventCount: 1, byteCount: eventByteCount)
        let sums = try await interleaved(pairs: 20) {
            let peer = try hub.peer(.send(to: "events/Partitions/0"))
            while peer.allowed == 0 { try peer.read() }
            var number: UInt32 = 0
            return try Measurement(steps: 50, amountPerStep: 1) {
                var bytes: [UInt8] = []
                frames.append(number: number, to: &bytes)
                number += 1
                try peer.write(bytes)
                while peer.accepted < number { try peer.read() }
            }
        } limit: {
            try file.run(groups: 50)
        }
        try await hub.close()
        return [
            Figure(
                name: "send.latency", value: sums.ours.latency(atQuantile: 0.5) * 1e9,
                unit: .nanoseconds, limit: sums.limit.latency(atQuantile: 0.5) * 1e9)
        ]
    }
}
