import StreamLog
import StreamModel

extension Benchmark {
    /// 1 KB events of one partition, received over one connection.
    static let receiveEvents = Benchmark("receive.events") { directory in
        let hub = try await BenchmarkHub(below: directory)
        let count = 200_000
        var batches = try RandomBatches(recordByteCount: 1000, recordCount: 100)
        for _ in 0..<(count / 100) {
            let append = Commit.Append(try batches.next(), to: hub.store.partitions[0])
            _ = try await hub.store.log.commit(Commit(appends: [append]))
        }
        var sum = Measurement()
        for round in 0..<5 {
            let start = ContinuousClock.now
            try await BenchmarkHub.onThreads(1) { _ in
                let credit: UInt32 = 20_000
                let peer = try hub.peer(.receive(from: BenchmarkHub.source(0), credit: credit))
                var granted = 0
                while peer.received < count {
                    try peer.read()
                    guard peer.received - granted >= Int(credit) / 2 else { continue }
                    granted = peer.received
                    try peer.write(
                        LoopbackPeer.credit(credit, after: UInt32(peer.received)))
                }
            }
            let seconds = start.duration(to: .now).inSeconds
            if round > 0 { sum.add(Measurement(amount: Double(count), seconds: seconds)) }
        }
        try await hub.close()
        return [Figure(name: "receive.events", value: sum.rate, unit: .eventsPerSecond)]
    }

    /// What 1,000 connections take that have a link each and do nothing.
    static let memoryIdle = Benchmark("memory.idle") { directory in
        let hub = try await BenchmarkHub(below: directory)
        // What a first connection costs is the server's, not the thousandth's.
        let first = try hub.peer(.send(to: "events"))
        let before = try anonymousMemory()
        let peers = try (0..<1000).map { _ in try hub.peer(.send(to: "events")) }
        let after = try anonymousMemory()
        let megabytes = Double(after - before) / Double(1 << 20)
        withExtendedLifetime((first, peers)) {}
        try await hub.close()
        return [Figure(name: "memory.idle", value: megabytes, unit: .mebibytes)]
    }
}
