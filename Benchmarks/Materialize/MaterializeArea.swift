import JSONFlattening

/// From the log to committed tables, beside engines that convert the same events.
extension Area {
    static let materialize = Area(
        name: "materialize",
        benchmarks: [
            .materialize("materialize.duckdb", .duckdb), .materialize("materialize.spark", .spark),
            .nested, .flattenBytes, .freshness, .steadyCPU, .pipelines200,
        ])
}

extension Benchmark {
    /// 1.28 million telemetry events in four partitions, two cores on each side. Aims: DuckDB 1.0,
    /// Spark 30; peak memory of the whole job 384 MiB.
    fileprivate static func materialize(
        _ name: String, _ engine: MaterializePeer.Engine
    ) -> Benchmark {
        Benchmark(name, "memory.peak") { directory in
            let source = try MaterializedLog.unpacked(MaterializedLog.telemetry, below: directory)
            let log = try await MaterializedLog(source, repeats: 4, below: directory)
            let peer = try MaterializePeer(engine, source, repeats: 4, below: directory)
            try PeakMemory.reset()
            _ = try await log.materialize()
            let peak = try PeakMemory.byteCount()
            let sums = try await interleaved(pairs: engine == .spark ? 1 : 3) {
                try await log.materialize()
            } limit: {
                Measurement(amount: Double(log.eventCount), seconds: try peer.convert())
            }
            await log.close()
            return [
                Figure(
                    name: name, value: sums.ours.rate, unit: .eventsPerSecond,
                    limit: sums.limit.rate),
                Figure(name: "memory.peak", value: Double(peak) / 1_048_576, unit: .mebibytes),
            ]
        }
    }

    /// 100,000 status documents of five levels, two explodes and a map. Aim: 1.0.
    fileprivate static let nested = Benchmark("materialize.nested") { directory in
        let source = try MaterializedLog.unpacked(MaterializedLog.status, below: directory)
        let log = try await MaterializedLog(source, repeats: 200, below: directory)
        let peer = try MaterializePeer(.nested, source, repeats: 200, below: directory)
        let mapping = try Mapping(parsing: Array(nestedMapping.utf8))
        let sums = try await interleaved(pairs: 1) {
            try await log.materialize(mapping)
        } limit: {
            Measurement(amount: Double(log.eventCount), seconds: try peer.convert())
        }
        await log.close()
        return [
            Figure(
                name: "materialize.nested", value: sums.ours.rate, unit: .eventsPerSecond,
                limit: sums.limit.rate)
        ]
    }

    /// The columns that the peer makes of the same documents.
    private static let nestedMapping = """
        {"undeclared": "ignore", "fields": {
         "version": "long", "address": "string", "timestamp": "long",
         "connections": {"fields": {"accepted": "long", "active": "long"}},
         "requests": {"fields": {"total": "long"}},
         "server_zones": {"as": "map", "table": "zones", "key": "zone", "fields": {
          "requests": "long", "received": "long", "sent": "long"}},
         "upstreams": {"as": "map", "table": "upstreams", "key": "upstream", "fields": {
          "peers": {"as": "explode", "table": "peers", "fields": {"id": "long",
           "server": "string", "state": "string", "requests": "long", "sent": "long"}}}}}}
        """
}
