import StreamLog
import StreamModel
import TestKit

/// What programs that have the log in them do.
extension Simulation {
    // MARK: Appending

    /// One commit with one to three batches, and perhaps a position that moves with them.
    func append() throws {
        let partitions = (0..<draw(1...3)).compactMap { _ in pick(model.livePartitions) }
        guard !partitions.isEmpty else { return }
        var requests: [StateRequest] = []
        if chance(20), let move = drawPosition() { requests.append(.setPosition(move.0, move.1)) }
        try submit(partitions.map { ($0, makeEvents()) }, requests)
        try turn()
    }

    /// Many commits that the writer finds together.
    func burst() throws {
        for _ in 0..<draw(2...12) {
            guard let partition = pick(model.livePartitions) else { return }
            try submit([(partition, makeEvents())], [])
        }
        try turn()
    }

    func makeEvents() -> [EventID] { (0..<draw(1...8)).map { _ in model.makeEvent() } }

    func encode(
        _ ids: [EventID], _ partition: PartitionID, from producer: BatchProducer? = nil
    ) throws -> RecordBatch {
        let records = ids.map { id in
            Record(
                value: payload.bytes(of: id), timestamp: Timestamp(milliseconds: clock.read().wall))
        }
        return try log.encode(records, for: partition, from: producer)
    }

    private func submit(
        _ batches: [(partition: PartitionID, ids: [EventID])], _ requests: [StateRequest]
    ) throws {
        let appends = try batches.map { batch in
            Commit.Append(try encode(batch.ids, batch.partition), to: batch.partition)
        }
        noteDoubtful(requests)
        submit(Commit(appends: appends, requests: requests)) { [self] result throws(Violation) in
            switch result {
            case .success(let receipt):
                for (outcome, batch) in zip(receipt.appends, batches) {
                    guard case .appended(let base) = outcome else {
                        throw Violation("P3", "a batch without numbers is called a duplicate")
                    }
                    try model.acknowledge(batch.ids, at: base.rawValue)
                }
                trace.note("  \(receipt.appends.map(Self.text))")
            case .failure(let error):
                trace.note("  \(Words.of(error))")
                for batch in batches {
                    if Self.isDoubtful(error) {
                        model.doubt(batch.ids)
                    } else {
                        try model.refuse(batch.ids)
                    }
                }
            }
            noteAnswered(requests, result)
        }
    }

    static func text(_ outcome: AppendOutcome) -> String {
        switch outcome {
        case .appended(let offset): "at \(offset.rawValue)"
        case .duplicate(let offset): "again at \(offset?.rawValue ?? -1)"
        }
    }

    /// Whether a commit that failed like this may be found later.
    static func isDoubtful(_ error: CommitError) -> Bool {
        switch error {
        case .storage, .closed: true
        case .stream, .producer, .tooLarge, .malformed, .full: false
        }
    }

    // MARK: Positions

    func commitPosition() throws {
        guard let (key, position) = drawPosition() else { return }
        try perform(.setPosition(key, position))
    }

    private func drawPosition() -> (PositionKey, Position)? {
        guard let partition = pick(model.livePartitions) else { return nil }
        let kind: PositionKind = chance(70) ? .group : .feed
        let name = kind == .group ? "g\(draw(0...2))" : "f\(draw(0...1))"
        let end = model.partitions[partition]?.end ?? 0
        let key = PositionKey(kind: kind, name: name, partition: partition)
        let known = model.positions[key]?.offset ?? 0
        let offset = chance(80) ? Int64(draw(Int(min(known, end))...Int(end))) : 0
        let metadata = random.bytes(draw(0...40))
        return (key, Position(offset: offset, metadata: metadata))
    }

    /// A group reads on from its position, checks what it gets, and may commit where it is.
    func consume() throws {
        guard let partition = pick(model.livePartitions) else { return }
        let key = PositionKey(kind: .group, name: "g\(draw(0...2))", partition: partition)
        let start = log.position(key)?.offset ?? 0
        let byteCount = draw(1...(64 << 10))
        var next = start
        let after = try read(partition, from: start, byteCount: byteCount) {
            found throws(Violation) in
            switch found {
            case .event(let id, let offset, _):
                try require(offset == next, "P4", "\(key.text) got \(offset) instead of \(next)")
                try check(id, at: offset, of: partition)
                next = offset + 1
            case .gap(let gap):
                try require(gap.offsets.lowerBound <= next, "P4", "\(key.text) missed \(next)")
                try judge(gap, model.note(gap, in: partition), in: partition)
                next = gap.offsets.upperBound
            }
        }
        try require(after == next, "P4", "\(key.text) is told to go on at \(after), not \(next)")
        trace.note("  \(key.text) \(start)..<\(after)")
        if after > start, chance(60) {
            try perform(.setPosition(key, Position(offset: after)))
        }
    }

    /// A feed's gate changes; those that hold space back are not there for long.
    func setFeed() throws {
        guard let partition = pick(model.livePartitions) else { return }
        let key = FeedKey(incarnation: partition.incarnation, name: "f\(draw(0...1))")
        let known = log.feeds(of: key.incarnation).contains { $0.name == key.name }
        if known, chance(50) { return try perform(.removeFeed(key)) }
        try perform(.setFeed(key, FeedGate.allCases[draw(0...(FeedGate.allCases.count - 1))]))
    }

    // MARK: Streams

    /// The stream that tables are made of; it stays for the whole run.
    static let firstStream = "telemetry"

    func createFirstStream() async throws {
        try create(Self.firstStream, draw(1...3))
        guard model.streams[Self.firstStream] != nil else {
            throw Violation("P1", "a new store takes no stream")
        }
    }

    func createStream() throws { try create("s\(draw(0...2))", draw(1...3)) }

    private func create(_ name: String, _ partitionCount: Int) throws {
        let request = StateRequest.createStream(
            try StreamName(name), partitionCount: partitionCount,
            StreamConfiguration(compression: chance(50) ? .none : .zstd))
        try perform(request)
    }

    func deleteStream() throws {
        try perform(.deleteStream(try StreamName("s\(draw(0...2))")))
    }

    func growStream() throws {
        guard let name = pick(model.streams.keys.sorted()), let known = model.streams[name] else {
            return
        }
        let count = known.partitionCount + draw(0...1)
        try perform(.configureStream(known.name, partitionCount: count, nil))
    }

    /// Commits one request alone and lets everything come to rest.
    func perform(_ request: StateRequest) throws {
        noteDoubtful([request])
        submit(Commit(requests: [request])) { [self] result throws(Violation) in
            if case .failure(let error) = result { trace.note("  \(Words.of(error))") }
            noteAnswered([request], result)
        }
        try turn()
    }

    // MARK: What is not answered yet

    private func noteDoubtful(_ requests: [StateRequest]) {
        for request in requests {
            switch request {
            case .setPosition(let key, let position):
                if model.positions[key] == nil { model.positions[key] = log.position(key) }
                model.doubtfulPositions[key, default: []] += [position, log.position(key)]
                if model.positions[key] == nil { model.positions[key] = position }
            case .removeFeed(let feed):
                for key in model.positions.keys where feed.covers(key) {
                    model.doubtfulPositions[key, default: []] += [nil, log.position(key)]
                }
            case .createStream(let name, _, _), .configureStream(let name, _, _),
                .deleteStream(let name):
                model.doubtfulStreams.insert(name.text)
            default: break
            }
        }
    }

    private func noteAnswered(
        _ requests: [StateRequest], _ result: Result<CommitReceipt, CommitError>
    ) {
        if case .failure(let error) = result, Self.isDoubtful(error) { return }
        for (index, request) in requests.enumerated() {
            switch request {
            case .setPosition(let key, let position):
                if case .success = result { model.positions[key] = position }
                if case .failure = result { model.positions[key] = log.position(key) }
                model.doubtfulPositions[key] = nil
            case .removeFeed(let feed):
                for key in model.positions.keys where feed.covers(key) {
                    if case .success = result { model.positions[key] = nil }
                    model.doubtfulPositions[key] = nil
                }
            case .createStream(let name, _, _), .configureStream(let name, _, _):
                if case .success(let receipt) = result,
                    case .stream(let definition) = receipt.answers[index]
                {
                    model.noteStream(definition)
                }
                model.doubtfulStreams.remove(name.text)
            case .deleteStream(let name):
                if case .success = result { model.noteDeleted(name.text) }
                model.doubtfulStreams.remove(name.text)
            default: break
            }
        }
    }

    // MARK: Time

    /// By append time, where no clock has jumped: the first event that is not before it. (It may be
    /// one that is damaged; the reader then gets a gap first.)
    func searchTime() throws {
        guard plan.hasHonestClock, let id = pick(model.livePartitions),
            let known = model.partitions[id], known.end > 0
        else { return }
        let bounds = try log.bounds(of: id)
        let offsets = (bounds.lowerBound..<bounds.upperBound).filter { known.placed[$0] != nil }
        guard let some = pick(offsets), let time = known.placed[some]?.appendTime else { return }
        let found = try log.offset(of: id, at: Timestamp(milliseconds: time), by: .append)
        let expected = offsets.first { known.placed[$0]?.appendTime ?? 0 >= time } ?? known.end
        trace.note("  \(id.text) at \(time): \(found.rawValue)")
        try require(
            found.rawValue == expected, "P9",
            "\(id.text) at \(time) is \(found.rawValue), appended at "
                + "\(known.placed[found.rawValue]?.appendTime ?? -1), not \(expected)")
    }
}

extension FeedKey {
    /// Whether it is this feed's position.
    fileprivate func covers(_ key: PositionKey) -> Bool {
        key.kind == .feed && key.name == name && key.partition.incarnation == incarnation
    }
}
