import DurableFiles
import StreamLog
import StreamModel

/// Holding what the store shows against the model.
extension Simulation {
    /// What a walk over a partition meets.
    enum Found {
        case event(EventID, at: Int64, appendTime: Int64)
        case gap(Gap)
    }

    // MARK: Partitions

    /// Reads what is new in a partition.
    func look(at id: PartitionID, isReopened: Bool) throws {
        let known = model.partitions[id]?.end ?? 0
        let bounds = try bounds(of: id)
        try require(
            bounds.upperBound >= known, "P1",
            "\(id.text) ended at \(known) and ends at \(bounds.upperBound)")
        for gap in try log.gaps(of: id) where gap.offsets.lowerBound < known {
            try judge(gap, model.note(gap, in: id), in: id)
        }
        try walk(id, from: known, to: bounds.upperBound) { found throws(Violation) in
            switch found {
            case .event(let event, let offset, let time):
                try model.found(
                    event, at: offset, of: id, age: isReopened ? ageAtClose : clock.age,
                    appendTime: time,
                    isReopened: isReopened)
            case .gap(let gap):
                try judge(gap, model.note(gap, in: id), in: id)
                if gap.offsets.upperBound > model.partitions[id]?.end ?? 0 {
                    try judge(gap, [], in: id)
                    model.skip(gap, in: id)
                }
            }
        }
    }

    /// Reads everything of everything.
    func checkAll() throws {
        for id in model.livePartitions { try checkWhole(id) }
        try checkPositions()
    }

    /// An event stands where it always stood.
    func check(_ event: EventID, at offset: Int64, of id: PartitionID) throws(Violation) {
        do throws(Violation) { try model.partitions[id]?.check(event, at: offset) } catch {
            throw Violation(error.promise, "\(id.text): \(error.detail)")
        }
    }

    private func checkWhole(_ id: PartitionID) throws {
        let bounds = try bounds(of: id)
        var next: Int64 = 0
        try walk(id, from: 0, to: bounds.upperBound) { found throws(Violation) in
            switch found {
            case .event(let event, let offset, _):
                try require(
                    offset == next, "P2", "\(id.text): \(offset) comes where \(next) should")
                try check(event, at: offset, of: id)
                next = offset + 1
            case .gap(let gap):
                try require(
                    gap.offsets.lowerBound == next, "P4",
                    "\(id.text): a gap at \(gap.offsets) comes where \(next) should")
                try judge(gap, model.note(gap, in: id), in: id)
                next = gap.offsets.upperBound
            }
        }
        try require(
            next == bounds.upperBound, "P1", "\(id.text) reads to \(next), not \(bounds.upperBound)"
        )
    }

    /// Reads a stretch of a partition, as a reader does who resumes at `start`.
    func walk(
        _ id: PartitionID, from start: Int64, to end: Int64, byteCount: Int = 256 << 10,
        _ body: (Found) throws(Violation) -> Void
    ) throws(Violation) {
        var next = start
        while next < end {
            let after = try read(id, from: next, byteCount: byteCount, body)
            try require(after > next, "P4", "\(id.text): nothing is to be read at \(next)")
            next = after
        }
    }

    /// One read; the answer is where to read on.
    func read(
        _ id: PartitionID, from start: Int64, byteCount: Int,
        _ body: (Found) throws(Violation) -> Void
    ) throws(Violation) -> Int64 {
        guard let offset = Offset(start) else { return start }
        let result: ReadResult
        do throws(ReadError) {
            result = try log.read(id, from: offset, byteCount: byteCount, .reportGap)
        } catch { throw Violation("P4", "\(id.text) at \(start): \(Words.of(error))") }
        for item in result.items {
            switch item {
            case .gap(let gap): try body(.gap(gap))
            case .batch(let stored): try events(of: stored, from: start, body)
            }
        }
        return result.next.rawValue
    }

    private func events(
        of stored: StoredBatch, from start: Int64, _ body: (Found) throws(Violation) -> Void
    ) throws(Violation) {
        guard let records = try? stored.batch.records() else {
            throw Violation("P6", "a batch was served that cannot be read")
        }
        for record in records where record.offset.rawValue >= start {
            guard let id = payload.id(of: record.record.value ?? []) else {
                throw Violation("P6", "offset \(record.offset.rawValue) has bytes nobody sent")
            }
            try body(.event(id, at: record.offset.rawValue, appendTime: stored.appendTime))
        }
    }

    private func bounds(of id: PartitionID) throws -> ClosedRange<Int64> {
        do throws(ReadError) { return try log.bounds(of: id) } catch {
            throw Violation("P1", "\(id.text): \(Words.of(error))")
        }
    }

    // MARK: Gaps

    /// Whether a gap may be there. `new` are its offsets that were events until now.
    func judge(_ gap: Gap, _ new: [Int64], in id: PartitionID) throws(Violation) {
        let place = "\(id.text) \(gap.offsets)"
        switch gap.reason {
        case .retention:
            let age = plan.configuration.retentionAge
            let size = plan.configuration.retentionByteCount
            try require(age != nil || size != nil, "P4", "\(place) expired without retention")
            if let age, size == nil { try checkAges(of: new, in: id, limit: age) }
            try checkGates(new, in: id, allowing: [.whenExpired])
        case .diskPressure:
            try require(
                plan.configuration.budgetPolicy == .dropOldest, "P5",
                "\(place) went for space, against the policy")
            try checkGates(new, in: id, allowing: [.whenExpired, .onDiskPressure])
        case .damage:
            guard let first = new.first, let last = new.last else { return }
            try require(flipsLeft > 0, "P6", "\(place) is called damaged, and nothing was")
            try require(
                last - first < Int64(Self.batchCountMax), "P6",
                "one bit cost \(last - first + 1) events of \(place)")
            flipsLeft -= 1
            trace.note("  damage costs \(id.text) \(first)...\(last)")
        case .unproven: throw Violation("P2", "\(place) is called unproven, and the log was whole")
        }
    }

    /// More events are never in one batch here: three messages of eight that came with one read.
    static let batchCountMax = 24

    private func checkAges(of offsets: [Int64], in id: PartitionID, limit: Int64) throws(Violation)
    {
        for offset in offsets {
            guard let event = model.partitions[id]?.placed[offset] else { continue }
            let age = clock.age - event.age
            try require(age > limit, "P9", "\(event.id) expired after \(age) ms of \(limit)")
        }
    }

    /// Feeds that had not read that far, neither before the turn nor after it, and that do not let
    /// go of what they have not read.
    private func checkGates(
        _ offsets: [Int64], in id: PartitionID, allowing gates: [FeedGate]
    ) throws(Violation) {
        guard let last = offsets.last else { return }
        let after = heldByFeeds()
        for held in heldBefore where held.partition == id && !gates.contains(held.gate) {
            guard held.position <= last else { continue }
            let isHeld = after.contains { now in
                now.partition == id && now.name == held.name && now.position <= last
                    && !gates.contains(now.gate)
            }
            try require(
                !isHeld, "P4", "\(id.text) lost \(last), which \(held.name) needs")
        }
    }

    /// What all feeds keep from being removed now.
    func heldByFeeds() -> Set<HeldByFeed> {
        var held: Set<HeldByFeed> = []
        for stream in log.streams() {
            for (name, gate) in log.feeds(of: stream.incarnation) {
                for index in 0..<stream.partitionCount {
                    let id = PartitionID(stream.incarnation, UInt32(index))
                    let key = PositionKey(kind: .feed, name: name, partition: id)
                    let position = log.position(key)?.offset ?? 0
                    held.insert(
                        HeldByFeed(partition: id, name: name, gate: gate, position: position))
                }
            }
        }
        return held
    }

    // MARK: State

    /// The streams after an opening. What was not answered may have happened or not.
    func checkStreams() throws {
        var found: Set<String> = []
        for definition in log.streams() {
            let name = definition.name.text
            found.insert(name)
            let known = model.streams[name]
            let isDoubtful = model.doubtfulStreams.contains(name)
            if known != definition {
                try require(isDoubtful, "P1", "stream \(name) is another than was left")
                if known?.incarnation != definition.incarnation { model.noteDeleted(name) }
                model.noteStream(definition)
            }
        }
        for name in model.streams.keys.sorted() where !found.contains(name) {
            try require(
                model.doubtfulStreams.contains(name), "P1", "stream \(name) was made and is gone")
            model.noteDeleted(name)
        }
        model.doubtfulStreams = []
    }

    /// Positions are as they were committed; after an opening, as they may have been.
    func checkPositions() throws {
        for key in model.positions.keys.sorted(by: { $0.text < $1.text }) {
            let found = log.position(key)
            let candidates = model.doubtfulPositions[key] ?? []
            let isKnown = found == model.positions[key] || candidates.contains(found)
            try require(
                isKnown, "P4",
                "the position of \(key.text) is \(found?.offset ?? -1), not "
                    + "\(model.positions[key]?.offset ?? -1)")
            if let found { model.positions[key] = found }
        }
    }

    /// What the store takes of its volume.
    func checkSpace() throws {
        guard let budget = plan.configuration.budget else { return }
        var sum = 0
        var directories = [path]
        while let directory = directories.popLast() {
            let place = try Directory(directory)
            for name in try place.names() {
                guard let status = try place.status(of: name) else { continue }
                if status.isDirectory {
                    directories.append(place.path(of: name))
                } else {
                    sum += status.allocatedByteCount
                }
            }
        }
        try require(sum <= budget, "P5", "the store takes \(sum) bytes of \(budget)")
    }
}

/// A feed that has read a partition up to `position`, and what it lets go of beyond.
struct HeldByFeed: Hashable {
    let partition: PartitionID
    let name: String
    let gate: FeedGate
    let position: Int64
}

extension PartitionID {
    /// As the trace names it.
    var text: String { "s\(incarnation.rawValue)/\(index)" }
}

extension PositionKey {
    /// As the trace names it.
    var text: String { "\(kind) \(name) \(partition.text)" }
}
