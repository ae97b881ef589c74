import DeltaTable
import Materializer
import StreamLog
import StreamModel
import TestKit

/// What the materializer does, and others to its tables.
extension Simulation {
    private static let mappings = ["{}", #"{"undeclared":"rescue"}"#]

    /// The pipeline does something, or something is done to its tables.
    func useTables() async throws {
        switch draw(0...11) {
        case 0: try await crashWhileFlushing()
        case 1: try await flushOnFailingDisk()
        case 2: changeMapping()
        case 3, 4: try await interfere()
        default: try await flush()
        }
    }

    private func openTables() throws -> SimulatedTables {
        if let tables { return tables }
        let opened = try SimulatedTables(
            log, root: directory.path(of: "tables"), mapping: mapping, clock: clock,
            seed: random.next())
        tables = opened
        return opened
    }

    /// The pipeline goes on under another mapping; nothing of the old one is in memory.
    private func changeMapping() {
        mapping = pick(Self.mappings) ?? mapping
        tables = nil
        trace.note("  mapping \(mapping)")
    }

    // MARK: Flushing

    /// Flushes once or until the tables have everything, and holds them against the model.
    private func flush() async throws {
        let tables = try openTables()
        var state = try await flushOnce(tables)
        try require(state.state == .following, "P3", "the pipeline is \(state.state)")
        if chance(50) {
            for _ in 0..<50 where state.lag > 0 { state = try await flushOnce(tables) }
            try require(state.lag == 0, "P3", "the pipeline stays \(state.lag) behind")
        }
        try turn()
        try await check(tables, state)
    }

    private func flushOnce(_ tables: SimulatedTables) async throws -> PipelineStatistics {
        gate.open()
        let state = await tables.pipeline.flush(byteCount: 1 << 20)
        gate.close(log)
        let places = state.partitions.map { "\($0.position)" }.joined(separator: " ")
        trace.note("  \(state.state.name) at \(places)")
        return state
    }

    private func crashWhileFlushing() async throws {
        let step = draw(1...60)
        let tables = try openTables()
        disk.die(atStep: step)
        _ = try await flushOnce(tables)
        try await end(losing: chance(50) ? random.next() : nil)
        trace.note("  at step \(step)")
        try await flush()
    }

    private func flushOnFailingDisk() async throws {
        let call = pick(["fdatasync", "fsync", "any", "openat", "linkat", "renameat"]) ?? "any"
        let rule = "\(call):\(draw(1...30)):\(chance(50) ? "EIO" : "ENOSPC"):\(draw(1...3))"
        trace.note("  \(rule)")
        let tables = try openTables()
        disk.fail(by: rule)
        _ = try await flushOnce(tables)
        disk.heal()
        if log.statistics().failure != nil {
            trace.note("  stopped")
            try await end(losing: nil)
        }
        try await flush()
    }

    // MARK: Others

    /// Somebody else commits to the table: without rows, or by writing files together; or removes
    /// what no version needs.
    private func interfere() async throws {
        guard var table = await (try openTables()).openForeign() else { return }
        switch draw(0...3) {
        case 0:
            let mark = TransactionMark(application: "somebody", version: Int64(draw(1...1_000_000)))
            _ = try await table.commit(
                Append(files: [], transactions: [mark], schema: table.schema))
        case 1: _ = try await table.optimize(OptimizeOptions(targetByteCount: 64 << 20))
        case 2: try await table.checkpoint()
        default:
            _ = try await table.vacuum(
                VacuumOptions(retention: 0, isShortRetentionAllowed: true))
        }
        trace.note("  version \(table.version)")
    }

    // MARK: Checks

    /// At the end of a run the tables have all there is.
    func endTables() async throws {
        guard plan.hasTables else { return }
        let tables = try openTables()
        var state = try await flushOnce(tables)
        for _ in 0..<100 where state.lag > 0 { state = try await flushOnce(tables) }
        try require(
            state.state == .following && state.lag == 0, "P3",
            "the pipeline ends \(state.state), \(state.lag) behind")
        try turn()
        try await check(tables, state)
    }

    /// Every event before the pipeline's position is in the table once, or in the quarantine once,
    /// or gone from the log; and nothing else is.
    private func check(_ tables: SimulatedTables, _ state: PipelineStatistics) async throws {
        let rows = try await tables.rows(ofQuarantine: false)
        let quarantined = try await tables.rows(ofQuarantine: true)
        guard let stream = model.streams[Self.firstStream] else { return }
        var found: [Int64: [Int64: SimulatedTables.Row]] = [:]
        for (row, isQuarantined) in rows.map({ ($0, false) }) + quarantined.map({ ($0, true) }) {
            let name = "row \(row.partition)/\(row.offset)"
            try require(
                found[row.partition, default: [:]].updateValue(row, forKey: row.offset) == nil,
                "P3", "\(name) is there twice")
            let id = PartitionID(stream.incarnation, UInt32(clamping: row.partition))
            guard let event = model.partitions[id]?.placed[row.offset]?.id else {
                // It came and expired before anybody but the pipeline looked.
                try require(
                    model.partitions[id]?.gone[row.offset] != nil, "P3", "\(name) is of nothing")
                continue
            }
            try require(
                payload.isForeign(event) == isQuarantined, "P3", "\(name) is in the wrong table")
            let isItself = row.id.map { $0 == Int64(event.number) } ?? true
            try require(isItself, "P3", "\(name) says \(row.id ?? -1) and is \(event)")
        }
        for partition in state.partitions {
            let id = PartitionID(stream.incarnation, partition.index)
            let has = found[Int64(partition.index)] ?? [:]
            for offset in 0..<partition.position where has[offset] == nil {
                try require(
                    model.partitions[id]?.gone[offset] != nil, "P3",
                    "\(id.text) \(offset) is in no table, and the pipeline is at "
                        + "\(partition.position)")
            }
            if let beyond = has.keys.filter({ $0 >= partition.position }).min() {
                throw Violation("P3", "\(id.text) \(beyond) is in a table before its time")
            }
        }
    }
}
