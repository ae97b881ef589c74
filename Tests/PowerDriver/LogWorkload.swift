import StreamLog
import StreamModel
import TestKit

/// Several callers at one small store: batches with and without numbers, single records,
/// positions, streams that come and go, rolls, retention, and a clean end, as the scenario says.
///
/// Acknowledgements are noted by the writer's own thread, so that their place between the recorded
/// calls is exact.
struct LogWorkload {
    let scenario: Scenario
    let place: WorkloadPlace

    static let streamName = "events"
    static let partitionCount = 3

    private var journal: Journal { place.journal }

    func perform() async throws {
        let clock = TurnedClock()
        let log = try StreamLog(
            opening: place.store, scenario.configuration,
            clock: scenario == .ageing ? clock : SystemClock(),
            random: SystemRandomNumberGenerator())
        let ids = try await partitions(of: Self.streamName, Self.partitionCount, log)
        for id in ids { journal.note(.seen(id, end: try log.bounds(of: id).upperBound)) }
        var producer = try await numbered(log, ids[2])
        var brief: PartitionID?
        for round in 0..<place.rounds {
            try await perform(place.run * 1000 + round, ids, log, &producer)
            if place.run == 0, scenario == .everything {
                try await useBriefStream(round, &brief, log)
            }
            clock.advance(milliseconds: Scenario.roundMilliseconds)
        }
        await log.close()
        for id in ids { journal.note(.began(id, offset: try log.bounds(of: id).lowerBound)) }
    }

    /// All callers once, at the same time.
    private func perform(
        _ number: Int, _ ids: [PartitionID], _ log: StreamLog, _ producer: inout BatchProducer
    ) async throws {
        let caller = scenario.firstCaller
        let name = BatchName(caller: caller, number: number)
        async let first: Void =
            scenario.movesPositions
            ? appendWithPosition(name, to: ids[0], log) : append(name, to: ids[0], log)
        let (next, third, fourth) = (
            BatchName(caller: caller + 1, number: number),
            BatchName(caller: caller + 2, number: number),
            BatchName(caller: caller + 3, number: number)
        )
        async let second: Void = send(next, to: ids[1], log)
        if scenario.numbersBatches {
            try await sendNumbered(third, to: ids[2], log, &producer)
        } else if scenario == .appends {
            async let last: Void = append(fourth, to: ids[1], log)
            try await append(third, to: ids[2], log)
            try await last
        } else {
            try await append(third, to: ids[2], log)
        }
        _ = try await (first, second)
    }

    private func partitions(
        of name: String, _ count: Int, _ log: StreamLog
    ) async throws -> [PartitionID] {
        let name = try StreamName(name)
        let definition: StreamDefinition
        if let known = try? log.stream(named: name) {
            definition = known
        } else {
            definition = try await log.createStream(
                name, partitionCount: count, StreamConfiguration(compression: .none))
        }
        let ids = (0..<count).map { PartitionID(definition.incarnation, UInt32($0)) }
        for id in ids { journal.note(.created(id)) }
        return ids
    }

    private func useBriefStream(
        _ round: Int, _ brief: inout PartitionID?, _ log: StreamLog
    ) async throws {
        switch round % 8 {
        case 1: brief = try await partitions(of: "brief", 1, log)[0]
        case 2, 3:
            guard let brief else { return }
            try await append(BatchName(caller: 8, number: round), to: brief, log)
        case 5:
            guard let gone = brief else { return }
            let name = try StreamName("brief")
            try await commit(Commit(requests: [.deleteStream(name)]), log, [.deleting(gone)]) { _ in
                [.deleted(gone)]
            }
            brief = nil
        default: break
        }
    }

    // MARK: Callers

    /// What a reader remembers: large enough for the envelope of its block to be torn.
    static func position(at offset: Int64) -> Position {
        var generator = SeededGenerator(seed: UInt64(offset))
        return Position(offset: offset, metadata: generator.bytes(1500))
    }

    /// A batch together with the position before it, in one commit.
    private func appendWithPosition(
        _ name: BatchName, to id: PartitionID, _ log: StreamLog
    ) async throws {
        let offset = try log.bounds(of: id).upperBound
        let key = PositionKey(kind: .group, name: "readers", partition: id)
        let commit = Commit(
            appends: [Commit.Append(try name.batch(), to: id)],
            requests: [.setPosition(key, Self.position(at: offset))])
        try await self.commit(
            commit, log, [.sending(id, name, nil), .placing(id, offset: offset)]
        ) { receipt in
            appended(receipt, id, name) + [.placed(id, offset: offset)]
        }
    }

    private func send(_ name: BatchName, to id: PartitionID, _ log: StreamLog) async throws {
        guard name.number % 4 == 3 else { return try await append(name, to: id, log) }
        journal.note(.sending(id, name, nil))
        let record = Record(
            value: name.values[0], timestamp: Timestamp(milliseconds: 1_700_000_000_000))
        let offset = try await persistently { try await log.append(record, to: id) }
        journal.note(.appended(id, name, nil, base: offset.rawValue))
    }

    private func append(_ name: BatchName, to id: PartitionID, _ log: StreamLog) async throws {
        let commit = Commit(appends: [Commit.Append(try name.batch(), to: id)])
        try await self.commit(commit, log, [.sending(id, name, nil)]) { receipt in
            appended(receipt, id, name)
        }
    }

    private func numbered(_ log: StreamLog, _ id: PartitionID) async throws -> BatchProducer {
        let registered = try await log.registerProducer(
            try ProducerName("numbered"), .keepEpoch)
        let last = log.lastSequence(of: registered.id, in: id) ?? -1
        return BatchProducer(
            id: registered.id.rawValue, epoch: registered.epoch, baseSequence: last + 1)
    }

    private func sendNumbered(
        _ name: BatchName, to id: PartitionID, _ log: StreamLog, _ producer: inout BatchProducer
    ) async throws {
        let batch = try name.batch(from: producer)
        let numbering = Entry.Numbering(
            id: producer.id, epoch: producer.epoch, sequence: producer.baseSequence)
        let commit = Commit(appends: [Commit.Append(batch, to: id)])
        try await self.commit(commit, log, [.sending(id, name, numbering)]) { receipt in
            appended(receipt, id, name, numbering)
        }
        producer.baseSequence += Int32(batch.count)
    }

    // MARK: Committing

    private func commit(
        _ commit: Commit, _ log: StreamLog, _ announced: [Entry],
        _ acknowledged: @escaping @Sendable (CommitReceipt) -> [Entry]
    ) async throws {
        for entry in announced { journal.note(entry) }
        try await persistently { try await once(commit, log, acknowledged) }
    }

    private static let attemptCountMax = 3

    /// What the device refused is not in the log, so that it can be sent again.
    private func persistently<T>(_ send: () async throws -> T) async throws -> T {
        for _ in 1..<Self.attemptCountMax {
            do { return try await send() } catch CommitError.storage { continue }
        }
        return try await send()
    }

    private func once(
        _ commit: Commit, _ log: StreamLog,
        _ acknowledged: @escaping @Sendable (CommitReceipt) -> [Entry]
    ) async throws(CommitError) {
        let result: Result<CommitReceipt, CommitError> = await withCheckedContinuation { waiting in
            do throws(CommitError) {
                try log.submit(commit) { [journal] result in
                    if case .success(let receipt) = result {
                        for entry in acknowledged(receipt) { journal.note(entry) }
                    }
                    waiting.resume(returning: result)
                }
            } catch {
                waiting.resume(returning: .failure(error))
            }
        }
        _ = try result.get()
    }
}

private func appended(
    _ receipt: CommitReceipt, _ id: PartitionID, _ name: BatchName,
    _ numbering: Entry.Numbering? = nil
) -> [Entry] {
    guard case .appended(let base) = receipt.appends[0] else { return [] }
    return [.appended(id, name, numbering, base: base.rawValue)]
}
