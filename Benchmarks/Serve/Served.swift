/// What devices and readers see of `millrace serve`, and what it costs.
extension Benchmark {
    /// From an event's acknowledgement to the commit that a reader of the table sees it by, at
    /// 5,000 events/s and a freshness of a second. Aim: at most 2 s for all but one in a hundred.
    static let freshness = Benchmark("freshness.p99") { directory in
        let gateway = try ServedGateway(below: directory, settings: "tables: {freshness: 1s}")
        let load = PacedLoad(
            try telemetryFrames(eventCount: 100), over: try gateway.peers(to: "events"),
            perSecond: 50)
        var watch = TableWatch(gateway.data + "/tables/events")
        try PacedLoad.run([load], seconds: 20) { watch.look() }
        watch.wait(for: load.done.map { $0.count * 100 })
        // The first second makes the table and its columns.
        let ages = load.done.enumerated().flatMap { partition, transfers in
            transfers.enumerated().dropFirst(13).compactMap { place, transfer in
                watch.seen(partition: partition, end: (place + 1) * 100)
                    .map { transfer.accepted.duration(to: $0).inSeconds }
            }
        }
        let p99 = Measurement(amount: 0, seconds: 0, latencies: ages).latency(atQuantile: 0.99)
        return [Figure(name: "freshness.p99", value: p99, unit: .seconds, limit: 2)]
    }

    /// What a million events of 230 B cost `serve` from the socket to the table, at 20,000
    /// events/s, 100 a transfer, beside DuckDB's conversion of a million. Aim: at most 4.
    static let steadyCPU = Benchmark("steady.cpu") { directory in
        let gateway = try ServedGateway(below: directory)
        let load = PacedLoad(
            try telemetryFrames(eventCount: 100), over: try gateway.peers(to: "events"),
            perSecond: 200)
        var watch = TableWatch(gateway.data + "/tables/events")
        try PacedLoad.run([load], seconds: 2)
        let warm = load.done.map { $0.count * 100 }
        watch.wait(for: warm)
        let before = try gateway.cpuSeconds()
        try PacedLoad.run([load], seconds: 15)
        let counts = load.done.map { $0.count * 100 }
        watch.wait(for: zip(warm, counts).map { $0 + $1 })
        let used = try gateway.cpuSeconds() - before

        let source = try MaterializedLog.unpacked(MaterializedLog.telemetry, below: directory)
        let lineCount = try Telemetry.lines().count
        let peer = try MaterializePeer(.duckdb, source, repeats: 3, below: directory)
        _ = try peer.convertCountingCPU()
        let limit = try peer.convertCountingCPU() / Double(lineCount * 3)
        return [
            Figure(
                name: "steady.cpu", value: used / Double(counts.reduce(0, +)) * 1e6, unit: .seconds,
                limit: limit * 1e6)
        ]
    }

    /// The p99 of an append at 5,000 events/s into one pipeline, beside 200 quiet ones with an
    /// event a second each, over the same alone. Aims: 1.5; 30 flushes/s for tables, 200 MiB.
    static let pipelines200 = Benchmark(
        "pipelines.200", "pipelines.200.flushes", "pipelines.200.memory"
    ) { directory in
        let alone = try busyAppend(besides: 0, below: directory)
        let beside = try busyAppend(besides: 200, below: directory)
        return [
            Figure(
                name: "pipelines.200", value: beside.p99 * 1e9, unit: .nanoseconds,
                limit: alone.p99 * 1e9),
            Figure(
                name: "pipelines.200.flushes", value: beside.flushesPerSecond, unit: .perSecond,
                limit: 30),
            Figure(
                name: "pipelines.200.memory", value: beside.peak / 1_048_576, unit: .mebibytes,
                limit: 200),
        ]
    }

    private static func busyAppend(
        besides quietCount: Int, below directory: String
    ) throws -> (p99: Double, flushesPerSecond: Double, peak: Double) {
        let gateway = try ServedGateway(
            below: directory, settings: "tables: {commits-per-second: 1000}")
        // What is measured is not how tables are made: they are there before.
        try PacedLoad.run(
            try loads(gateway, quietCount), seconds: quietCount > 0 ? 2 : 0.5)
        try gateway.restart()
        let loads = try loads(gateway, quietCount)
        // Until the quiet ones, whose rows wait five seconds, are under way.
        try PacedLoad.run(loads, seconds: quietCount > 0 ? 6 : 2)
        let before = try gateway.metric("millrace_device_flushes_total")
        try PacedLoad.run(loads, seconds: 8)
        let flushes = try gateway.metric("millrace_device_flushes_total") - before
        return (
            loads[0].latency(atQuantile: 0.99), flushes / 8, Double(try gateway.peakByteCount())
        )
    }

    /// 5,000 events/s into one hub, and an event a second into each of the quiet ones.
    private static func loads(
        _ gateway: ServedGateway, _ quietCount: Int
    ) throws -> [PacedLoad] {
        let busy = PacedLoad(
            try telemetryFrames(eventCount: 10), over: try gateway.peers(to: "events"),
            perSecond: 500)
        guard quietCount > 0 else { return [busy] }
        let quiet = PacedLoad(
            try telemetryFrames(eventCount: 1),
            over: try (0..<quietCount).map { try gateway.peer(to: "quiet-\($0)") },
            perSecond: Double(quietCount))
        return [busy, quiet]
    }

    /// Messages of real readings: all of them, so that no two in a row are the same.
    private static func telemetryFrames(eventCount: Int) throws -> TransferFrames {
        let lines = try Telemetry.lines()
        return TransferFrames(
            messages: stride(from: 0, to: lines.count - eventCount, by: eventCount).map {
                Array(lines[$0..<($0 + eventCount)])
            })
    }
}
