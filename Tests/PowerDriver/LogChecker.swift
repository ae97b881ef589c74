import StreamLog
import StreamModel

/// Opens what a power cut left, with the log itself, and compares it with the journal.
struct LogChecker {
    let scenario: Scenario
    let path: String
    let expected: Expectations
    /// Where each partition began at the end of the whole workload: retention went no further.
    let begun: [PartitionID: Int64]

    func check() async throws {
        let contents = try await opened { log in
            try checkBudget(log)
            var contents = try streams(log)
            for (id, content) in contents { try check(content, of: id) }
            try checkPositions(log, contents)
            try checkDamage(log)
            try await resend(log, &contents)
            try await appendMore(log, &contents)
            return contents
        }
        try await opened { log in
            var contents = contents
            for (id, content) in contents {
                let found = try read(id, log)
                try require(found == content, .stable, "\(id.text) is another after reopening")
            }
            try await resend(log, &contents)
            try checkDamage(log)
        }
    }

    /// The log is closed whatever happens: what it leaves running would write into the next image.
    private func opened<T>(_ body: (StreamLog) async throws -> T) async throws -> T {
        let log = try open()
        let result: Result<T, any Error>
        do { result = .success(try await body(log)) } catch { result = .failure(error) }
        await log.close()
        return try result.get()
    }

    private func open() throws -> StreamLog {
        do {
            return try StreamLog(
                opening: path, scenario.checking, random: SystemRandomNumberGenerator())
        } catch {
            throw Broken(check: .opens, detail: "\(error)")
        }
    }

    // MARK: What is there

    /// A partition as a reader finds it.
    struct Content: Equatable {
        var records: [Int64: RecordName] = [:]
        var gaps: [Gap] = []
        var start: Int64
        var end: Int64
    }

    private func streams(_ log: StreamLog) throws -> [PartitionID: Content] {
        var contents: [PartitionID: Content] = [:]
        for definition in log.streams() {
            for index in 0..<definition.partitionCount {
                let id = PartitionID(definition.incarnation, UInt32(index))
                contents[id] = try read(id, log)
            }
        }
        for id in expected.created where !expected.deleting.contains(id) {
            try require(contents[id] != nil, .streams, "\(id.text) was created and is gone")
        }
        for id in expected.deleted {
            try require(contents[id] == nil, .streams, "\(id.text) was deleted and is there")
        }
        return contents
    }

    private func read(_ id: PartitionID, _ log: StreamLog) throws -> Content {
        let bounds = try log.bounds(of: id)
        var content = Content(
            gaps: try log.gaps(of: id), start: bounds.lowerBound, end: bounds.upperBound)
        var next = Offset.start
        while true {
            let result = try log.read(id, from: next, .reportGap)
            for item in result.items { try note(item, &content, id) }
            if result.items.isEmpty { break }
            next = result.next
        }
        return content
    }

    private func note(_ item: ReadItem, _ content: inout Content, _ id: PartitionID) throws {
        guard case .batch(let stored) = item else {
            if case .gap(let gap) = item, !content.gaps.contains(gap) { content.gaps.append(gap) }
            return
        }
        for record in try stored.batch.records() {
            let place = record.offset.rawValue
            guard let name = RecordName(value: record.record.value ?? []) else {
                throw Broken(check: .bytes, detail: "\(id.text) at \(place): not as it was sent")
            }
            content.records[place] = name
        }
    }

    private func check(_ content: Content, of id: PartitionID) throws {
        for gap in content.gaps {
            let limit = begun[id] ?? 0
            try require(
                gap.reason == scenario.gapReason && gap.offsets.upperBound <= limit, .gaps,
                "\(id.text): \(gap.offsets), \(gap.reason); removal ended at \(limit)")
        }
        try require(
            Set(content.records.values).count == content.records.count, .once,
            "\(id.text) has a record twice")
        let sent = expected.sent[id] ?? []
        try require(
            content.records.values.allSatisfy { sent.contains($0.batch) }, .bytes,
            "\(id.text) has a record that was not sent to it")
        let dense = content.start..<content.end
        try require(
            dense.allSatisfy { content.records[$0] != nil }, .ends,
            "\(id.text) is not dense in \(dense)")
        for batch in expected.acknowledged where batch.partition == id {
            try check(batch.name, at: batch.base, in: content, .acknowledged)
        }
        let seen = expected.seen[id] ?? 0
        try require(content.end >= seen, .seen, "\(id.text) ends at \(content.end), not \(seen)")
    }

    private func check(
        _ batch: BatchName, at base: Int64, in content: Content, _ check: Broken.Check
    ) throws {
        for index in batch.values.indices {
            let place = base + Int64(index)
            let found = content.records[place]
            let isRetainedAway = found == nil && place < content.start
            try require(
                isRetainedAway || found == RecordName(batch: batch, index: index), check,
                "\(batch).\(index) is not at \(place): \(found.map { "\($0)" } ?? "nothing") is")
        }
    }

    private func checkDamage(_ log: StreamLog) throws {
        let count = log.statistics().damageCount
        try require(count == 0, .damage, "\(count) pieces of damage after a mere power cut")
    }

    private func checkBudget(_ log: StreamLog) throws {
        // A checker has another ballast: what is larger than that of the workload does not count.
        let ballast = (scenario.checking.budget ?? 0) / 64
        let used = log.statistics().usedByteCount - ballast
        try require(used <= scenario.budget, .budget, "\(used) bytes of \(scenario.budget)")
    }

    private func checkPositions(
        _ log: StreamLog, _ contents: [PartitionID: Content]
    ) throws {
        for (id, content) in contents {
            let key = PositionKey(kind: .group, name: "readers", partition: id)
            let position = log.position(key)
            let found = position?.offset
            let placed = expected.placed[id]
            let announced = expected.placing[id] ?? []
            try require(
                found ?? 0 >= placed ?? 0 && (placed == nil || found != nil), .positions,
                "\(id.text) is at \(found ?? -1), behind \(placed ?? -1)")
            guard let found else { continue }
            try require(
                position == LogWorkload.position(at: found), .positions,
                "\(found) is not as it was placed")
            try require(found <= content.end, .positions, "\(found) is beyond \(content.end)")
            try require(announced.contains(found), .positions, "nobody asked for \(found)")
            // The batch of the same commit is there with it.
            try require(found < content.end, .positions, "\(found) came without its batch")
        }
    }

    // MARK: Going on

    /// The last acknowledged numbered batch, and those that were not acknowledged, once more.
    private func resend(
        _ log: StreamLog, _ contents: inout [PartitionID: Content]
    ) async throws {
        let lastKnown = expected.numbered.lastIndex { $0.base != nil }
        for batch in expected.numbered[(lastKnown ?? 0)...] {
            let producer = BatchProducer(
                id: batch.numbering.id, epoch: batch.numbering.epoch,
                baseSequence: batch.numbering.sequence)
            let again = Commit.Append(try batch.name.batch(from: producer), to: batch.partition)
            let outcome = try await commit(Commit(appends: [again]), log, .producers).appends[0]
            if let base = batch.base {
                try require(
                    outcome == .duplicate(Offset(base)), .producers,
                    "\(batch.name) at \(base), sent again: \(outcome)")
            }
            let content = try read(batch.partition, log)
            switch outcome {
            case .appended(let base), .duplicate(let base?):
                try check(batch.name, at: base.rawValue, in: content, .producers)
            case .duplicate(nil):
                throw Broken(check: .producers, detail: "\(batch.name) is nowhere")
            }
            let known = contents[batch.partition]?.records ?? [:]
            try require(
                known.allSatisfy { content.records[$0.key] == $0.value }, .stable,
                "\(batch.partition.text) changed by sending again")
            contents[batch.partition] = content
        }
    }

    private func appendMore(
        _ log: StreamLog, _ contents: inout [PartitionID: Content]
    ) async throws {
        for (number, (id, content)) in contents.sorted(by: { $0.key < $1.key }).enumerated() {
            let name = BatchName(caller: 9, number: number)
            let append = Commit.Append(try name.batch(), to: id)
            let outcome = try await commit(Commit(appends: [append]), log, .appends).appends[0]
            try require(
                outcome == .appended(Offset(unchecked: content.end)), .appends,
                "\(id.text) goes on at \(content.end), not \(outcome)")
            contents[id] = try read(id, log)
            try check(name, at: content.end, in: contents[id] ?? content, .appends)
        }
        let name = try StreamName("after")
        if (try? log.stream(named: name)) == nil {
            _ = try await commit(
                Commit(requests: [.createStream(name, partitionCount: 1, StreamConfiguration())]),
                log, .appends)
        }
    }

    private func commit(
        _ commit: Commit, _ log: StreamLog, _ check: Broken.Check
    ) async throws -> CommitReceipt {
        do {
            return try await log.commit(commit)
        } catch {
            throw Broken(check: check, detail: "\(error)")
        }
    }
}
