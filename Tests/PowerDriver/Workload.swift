import StreamLog
import StreamModel
import TestKit

/// Several callers at one small store: batches with and without numbers, single records,
/// positions, streams that come and go, rolls, retention, and a clean end.
///
/// Acknowledgements are noted by the writer's own thread, so that their place between the recorded
/// calls is exact.
struct Workload {
    let path: String
    let journal: Journal
    /// Which run over the same store this is, from 0: later ones go on where a kill left it.
    let run: Int
    let rounds: Int

    static let streamName = "events"
    static let partitionCount = 3

    static var configuration: LogConfiguration {
        var configuration = LogConfiguration()
        configuration.segmentByteCount = 256 << 10
        configuration.budget = 16 << 20
        return configuration
    }

    func perform() async throws {
        var configuration = Self.configuration
        configuration.retentionByteCount = 900 << 10
        let log = try StreamLog(
            opening: path, configuration, random: SystemRandomNumberGenerator())
        let ids = try await partitions(of: Self.streamName, Self.partitionCount, log)
        for id in ids { journal.note(.seen(id, end: try log.bounds(of: id).upperBound)) }
        var producer = try await numbered(log, ids[2])
        var brief: PartitionID?
        for round in 0..<rounds {
            let number = run * 1000 + round
            async let first: Void = place(number, in: ids[0], log)
            async let second: Void = send(number, to: ids[1], log)
            try await sendNumbered(number, to: ids[2], log, &producer)
            _ = try await (first, second)
            if run == 0 { try await useBriefStream(round, &brief, log) }
        }
        await log.close()
        for id in ids { journal.note(.began(id, offset: try log.bounds(of: id).lowerBound)) }
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
            try await append(BatchName(caller: 3, number: round), to: brief, log)
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
    private func place(_ number: Int, in id: PartitionID, _ log: StreamLog) async throws {
        let name = BatchName(caller: 0, number: number)
        let offset = try log.bounds(of: id).upperBound
        let key = PositionKey(kind: .group, name: "readers", partition: id)
        let commit = Commit(
            appends: [Commit.Append(try name.batch(), to: id)],
            requests: [.setPosition(key, Workload.position(at: offset))])
        try await self.commit(
            commit, log, [.sending(id, name, nil), .placing(id, offset: offset)]
        ) { receipt in
            appended(receipt, id, name) + [.placed(id, offset: offset)]
        }
    }

    private func send(_ number: Int, to id: PartitionID, _ log: StreamLog) async throws {
        let name = BatchName(caller: 1, number: number)
        guard number % 4 == 3 else { return try await append(name, to: id, log) }
        journal.note(.sending(id, name, nil))
        let record = Record(
            value: name.values[0], timestamp: Timestamp(milliseconds: 1_700_000_000_000))
        let offset = try await log.append(record, to: id)
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
        _ number: Int, to id: PartitionID, _ log: StreamLog, _ producer: inout BatchProducer
    ) async throws {
        let name = BatchName(caller: 2, number: number)
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
