import Materializer
import StreamLog

/// Appends to a log, and fills tables beside it.
///
/// A round's appends run beside the materializer; at its end the tables have all there is.
struct TableWorkload {
    let scenario: TableScenario
    let place: WorkloadPlace

    private static let eventsARound = 6

    func perform() async throws {
        let log = try scenario.log(place.disk)
        let ids = try await scenario.partitions(of: log)
        for id in ids { place.journal.note(.created(id)) }
        if scenario.isReplay, place.run > 0 {
            try note(try await scenario.replay(log, ids, place.disk), ids)
        } else {
            for _ in 0..<place.rounds { try await perform(log, ids) }
        }
        await log.close()
    }

    private func perform(_ log: StreamLog, _ ids: [PartitionID]) async throws {
        guard !scenario.isReplay else { return try await append(log, ids) }
        let statistics = try await scenario.materialize(log, place.disk) {
            try await append(log, ids)
        }
        try note(statistics, ids)
    }

    private func append(_ log: StreamLog, _ ids: [PartitionID]) async throws {
        for id in ids {
            for _ in 0..<2 {
                let end = try await scenario.append(Self.eventsARound / 2, to: id, log)
                place.journal.note(.seen(id, end: end))
            }
        }
    }

    private func note(_ statistics: PipelineStatistics, _ ids: [PartitionID]) throws {
        guard statistics.state == .following else {
            throw Broken(check: .follows, detail: "\(statistics.state)")
        }
        for partition in statistics.partitions {
            let id = ids[Int(partition.index)]
            place.journal.note(.landed(id, end: partition.position))
        }
    }
}
