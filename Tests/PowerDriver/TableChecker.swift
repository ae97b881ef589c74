import Columns
import DeltaTable
import Materializer
import StreamLog
import StreamModel

/// Opens the log and the tables that a power cut left, lets the materializer go on, and counts the
/// rows: every event in its table or its quarantine, once. An operation that was cut is wholly done
/// or not at all, and is done when it is asked for again.
struct TableChecker {
    let scenario: TableScenario
    let disk: String
    let expected: Expectations

    func check() async throws {
        let log: StreamLog
        do { log = try scenario.log(disk) } catch {
            throw Broken(check: .opens, detail: "\(error)")
        }
        let result: Result<Void, any Error>
        do { result = .success(try await check(log)) } catch { result = .failure(error) }
        await log.close()
        try result.get()
    }

    private func check(_ log: StreamLog) async throws {
        let ids = try await scenario.partitions(of: log)
        try checkLog(log, ids)
        // What was in all tables once is there, before anybody has gone on.
        let isOperated = scenario.operation == nil || !expected.operated.isEmpty
        try check(
            await Rows(disk, scenario), isOperated ? .done : .underWay,
            upTo: { expected.landed[$0] ?? 0 }, .landed, log, ids)
        try await goOn {
            guard !scenario.isReplay else { return try await scenario.replay(log, ids, disk) }
            return try await scenario.materialize(log, disk) {
                for id in ids { _ = try await scenario.append(2, to: id, log) }
            }
        }
        try await checkAll(scenario.operation == nil ? .done : .decided, log, ids)
        if let operation = scenario.operation {
            try await goOn {
                try await scenario.materialize(log, disk, ordered: operation)
            }
            try await checkAll(.done, log, ids)
        }
        try require(
            log.statistics().damageCount == 0, .damage, "damage after a mere power cut")
    }

    private func goOn(_ body: () async throws -> PipelineStatistics) async throws {
        let statistics: PipelineStatistics
        do { statistics = try await body() } catch {
            throw Broken(check: .follows, detail: "\(error)")
        }
        try require(
            statistics.state == .following && statistics.lag == 0, .follows,
            "\(statistics.state), \(statistics.lag) behind")
        if case .failed(let failure)? = statistics.order?.result {
            throw Broken(check: .follows, detail: "\(failure)")
        }
    }

    private func checkAll(
        _ stage: Stage, _ log: StreamLog, _ ids: [PartitionID]
    ) async throws {
        let rows = try await Rows(disk, scenario)
        let ends = try ids.map { try log.bounds(of: $0).upperBound }
        try check(rows, stage, upTo: { ends[Int($0.index)] }, .rows, log, ids)
    }

    // MARK: The log

    private func checkLog(_ log: StreamLog, _ ids: [PartitionID]) throws {
        for id in ids {
            let bounds = try log.bounds(of: id)
            let seen = expected.seen[id] ?? 0
            try require(
                bounds.upperBound >= seen, .acknowledged,
                "\(id.text) ends at \(bounds.upperBound), not \(seen)")
            try require(bounds.lowerBound == 0, .gaps, "\(id.text) begins at \(bounds.lowerBound)")
            try checkEvents(of: id, log)
        }
        guard let incarnation = ids.first?.incarnation else { return }
        for (key, position) in log.positions(of: incarnation) {
            let end = try log.bounds(of: key.partition).upperBound
            try require(
                position.offset <= end, .positions, "\(key.name) at \(position.offset) of \(end)")
        }
    }

    private func checkEvents(of id: PartitionID, _ log: StreamLog) throws {
        var next = Offset.start
        while true {
            let result = try log.read(id, from: next, .reportGap)
            for item in result.items {
                guard case .batch(let stored) = item else {
                    throw Broken(check: .gaps, detail: "\(item)")
                }
                for record in try stored.batch.records() {
                    let event = TableEvent(partition: id.index, offset: record.offset.rawValue)
                    try require(
                        record.record.value == event.body(scenario), .bytes,
                        "\(id.text) at \(event.offset): not as it was sent")
                }
            }
            if result.items.isEmpty { return }
            next = result.next
        }
    }

    // MARK: The tables

    /// How far an operation may have come.
    private enum Stage {
        /// Some tables may have their new content, and others not.
        case underWay
        /// The pipeline follows: what it began is done.
        case decided
        case done
    }

    /// Where an event is to be seen, and how many of its tags.
    private struct Sighting: Equatable {
        var hasLanded: Bool
        var isQuarantined: Bool
        var tagCount: Int
    }

    /// Whether the tables have everything before the ends, and nothing that the log does not have.
    private func check(
        _ rows: Rows, _ stage: Stage, upTo end: (PartitionID) -> Int64, _ check: Broken.Check,
        _ log: StreamLog, _ ids: [PartitionID]
    ) throws {
        // All tags come in one commit of a rebuild.
        let hasTags = scenario != .rebuild || stage == .done || !rows.tags.isEmpty
        for id in ids {
            for offset in 0..<end(id) {
                let event = TableEvent(partition: id.index, offset: offset)
                let found = Sighting(
                    hasLanded: rows.landed.contains(event),
                    isQuarantined: rows.quarantined.contains(event),
                    tagCount: rows.tags[event]?.count ?? 0)
                try require(
                    sightings(of: event, stage, hasTags: hasTags).contains(found), check,
                    "\(id.text) at \(offset) is not in its tables: \(found)")
            }
        }
        let ends = try ids.map { try log.bounds(of: $0).upperBound }
        for event in rows.landed.union(rows.quarantined).union(rows.tags.keys) {
            let end = ids.indices.contains(Int(event.partition)) ? ends[Int(event.partition)] : 0
            try require(event.offset < end, .positions, "\(event) is beyond the log's end, \(end)")
        }
    }

    private func sightings(of event: TableEvent, _ stage: Stage, hasTags: Bool) -> [Sighting] {
        let landed = Sighting(
            hasLanded: !event.isBroken, isQuarantined: event.isBroken,
            tagCount: hasTags ? event.tagCount : 0)
        guard event.isDeep(scenario), stage != .done else { return [landed] }
        let quarantined = Sighting(hasLanded: false, isQuarantined: true, tagCount: 0)
        guard stage == .underWay else { return [quarantined, landed] }
        // Its tags come first, then its row, and then it is taken from the quarantine.
        var begun = quarantined
        begun.tagCount = event.tagCount
        var twofold = landed
        twofold.isQuarantined = true
        return [quarantined, begun, twofold, landed]
    }
}
