internal import Bytes
internal import Compression
internal import Control
internal import StreamLog
internal import StreamModel
internal import Synchronization

/// One run of `produce`: lines become batches, batches are in flight, and answers are counted.
///
/// Which partition a line goes to, and with which sequence, follows from the input alone. So a
/// second run with the same producer finds by the last stored sequences which lines to leave out.
final class ProduceRun {
    /// A batch that is being filled.
    private struct Open {
        var builder = RecordBatchBuilder()
        var lines: [Int] = []
        /// The producer's number of its first event.
        var sequence: Int64 = 0
    }

    /// A batch that has been handed over.
    private struct Flight {
        let commit: Commit
        let partition: Int
        let lines: [Int]
        var answer: Answer
    }

    /// What the store calls the producer.
    private struct Identity {
        let id: ProducerID
        let epoch: Int16
    }

    private let command: ProduceCommand
    private let stream: StreamDefinition
    private let door: StoreDoor
    private let keyField: KeyField?
    private let identity: Identity?
    private var compressor = ZstdCompressor()

    private var open: [Open]
    private var flights: [Flight] = []
    /// For each partition, how many lines have been seen, and how many were stored before.
    private var seen: [Int64]
    private let stored: [Int64]
    private var output = Output()
    private var count = ProduceCount()
    private var progress: ProgressLine

    private static let flightCountMax = 16
    /// Batches of large events are closed before they have their number.
    private static let batchByteCountMax = 1 << 20

    /// A run that goes on where the one before with the same producer stopped.
    static func begin(
        _ command: ProduceCommand, _ stream: StreamDefinition, _ door: StoreDoor
    ) async throws -> ProduceRun {
        if let partition = command.partition, !(0..<stream.partitionCount).contains(partition) {
            let refusal = CommitError.StreamRefusal.unknownPartition(
                partition, count: stream.partitionCount)
            throw CommandFailure(refusal.description)
        }
        var before: (Identity, [Int64])?
        if let name = command.producer { before = try await resume(name, stream, door) }
        return ProduceRun(command, stream, door, before)
    }

    private init(
        _ command: ProduceCommand, _ stream: StreamDefinition, _ door: StoreDoor,
        _ before: (Identity, [Int64])?
    ) {
        self.command = command
        self.stream = stream
        self.door = door
        keyField = command.keyField.flatMap { KeyField($0) }
        open = Array(repeating: Open(), count: stream.partitionCount)
        seen = Array(repeating: 0, count: stream.partitionCount)
        progress = ProgressLine()
        identity = before?.0
        stored = before?.1 ?? seen
    }

    /// The identity of a producer, and how many events of each partition it has stored.
    private static func resume(
        _ name: ProducerName, _ stream: StreamDefinition, _ door: StoreDoor
    ) async throws -> (Identity, [Int64])? {
        let access = try await door.access()
        // WHY: the epoch stays, so that sequences go on where the run before stopped.
        let answer = try await access.perform(.registerProducer(name: name, .keepEpoch))
        guard case .producer(let id, let epoch) = answer else {
            throw AccessError.connection(.garbage)
        }
        let last = try await access.lastSequences(of: id, in: stream.incarnation)
        return (Identity(id: id, epoch: epoch), last.map { Int64($0 ?? -1) + 1 })
    }

    // MARK: Lines

    /// Returns when every line is durable. Throws at the first that cannot be, after those before
    /// it have become durable.
    func appendAll(
        of input: consuming LineReader, until interruption: Interruption
    ) async throws {
        var reader = input
        var failure: (any Error)?
        reading: while !interruption.hasCome {
            do {
                switch try reader.next() {
                case .end: break reading
                case .pause: try await flush()
                case .line(let range):
                    guard let full = try add(reader.buffer, range, number: reader.number) else {
                        continue
                    }
                    try await send(full)
                }
            } catch let refused as AccessError {
                throw summarised(refused.description, at: nil)
            } catch {
                failure = error
                break
            }
        }
        do {
            try await flush()
        } catch let refused as AccessError {
            throw summarised(refused.description, at: nil)
        }
        progress.end()
        if let failure = failure as? CommandFailure { throw summarised(failure.text, at: nil) }
        if let failure { throw failure }
        if interruption.hasCome { throw summarised("interrupted", at: reader.number) }
        try finish()
    }

    /// Adds a line to its batch; the answer is a partition whose batch has to be sent.
    private func add(
        _ buffer: [UInt8], _ range: Range<Int>, number: Int
    ) throws -> Int? {
        if range.isEmpty { return nil }
        let line = buffer.span.extracting(range)
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: line)
        } catch {
            throw CommandFailure(
                "line \(number) is not UTF-8 from byte \(error.byteOffsets.lowerBound + 1) on")
        }
        let key: [UInt8]?
        do throws(KeyField.Problem) {
            key = try keyField?.key(in: line)
        } catch {
            throw CommandFailure("line \(number) \(error)")
        }
        let partition = partition(for: key)
        defer { count.lines += 1 }
        let sequence = seen[partition]
        seen[partition] += 1
        if sequence < stored[partition] {
            count.skipped += 1
            return nil
        }
        guard identity == nil || sequence <= Int32.max else {
            throw CommandFailure(
                "line \(number) is event 2147483648 of partition \(partition): a producer can "
                    + "number no more; go on with another --producer")
        }
        if open[partition].builder.isEmpty { open[partition].sequence = sequence }
        do throws(BatchError) {
            try open[partition].builder.append(
                key: key.rawSpan, value: buffer.rawSpan.extracting(range), timestamp: .current())
        } catch {
            throw CommandFailure("line \(number): \(error)")
        }
        open[partition].lines.append(number)
        let isFull =
            open[partition].builder.count >= command.batchSize
            || open[partition].builder.byteCount >= Self.batchByteCountMax
        return isFull ? partition : nil
    }

    private func partition(for key: [UInt8]?) -> Int {
        if let chosen = command.partition { return chosen }
        let count = stream.partitionCount
        guard let key else { return self.count.lines / command.batchSize % count }
        return Int(PartitionHash.partition(forKey: key.rawSpan, count: count).rawValue)
    }

    // MARK: Batches

    private func send(_ partition: Int) async throws {
        guard !open[partition].builder.isEmpty else { return }
        let stamp = identity.map {
            BatchProducer(
                id: $0.id.rawValue, epoch: $0.epoch,
                baseSequence: Int32(open[partition].sequence))
        }
        let batch =
            stream.configuration.compression == .zstd
            ? open[partition].builder.finish(from: stamp, compressor: &compressor)
            : open[partition].builder.finish(from: stamp)
        let id = PartitionID(stream.incarnation, UInt32(partition))
        let commit = Commit(appends: [.init(batch, to: id)])
        let answer = Answer()
        flights.append(
            Flight(
                commit: commit, partition: partition, lines: open[partition].lines,
                answer: answer))
        open[partition].lines.removeAll(keepingCapacity: true)
        let access = try await door.access()
        access.submit(.commit(commit)) { answer.give($0) }
        while flights.count >= Self.flightCountMax { try await land() }
    }

    /// Sends what there is, and waits until all of it is durable.
    private func flush() async throws {
        for partition in open.indices { try await send(partition) }
        while !flights.isEmpty { try await land() }
        try output.flush()
    }

    /// Waits for the batch that was sent first.
    private func land() async throws {
        let access = try await door.access()
        switch await flights[0].answer.value() {
        case .success(.receipt(let receipt)):
            let flight = flights.removeFirst()
            guard let outcome = receipt.appends.first else {
                throw AccessError.connection(.garbage)
            }
            try note(outcome, flight)
        case .success: throw AccessError.connection(.garbage)
        case .failure(let error)
        where identity != nil && error.isLossOfOwner && door.side == .client:
            try await sendAgain(afterLosing: access)
        case .failure(let error): throw error
        }
    }

    /// The owner went away, and what of this it stored is not known: the numbers make sure that
    /// nothing is stored twice.
    private func sendAgain(afterLosing lost: any StoreAccess) async throws {
        await door.letGo(of: lost)
        let access = try await door.access()
        for index in flights.indices {
            let answer = Answer()
            flights[index].answer = answer
            access.submit(.commit(flights[index].commit)) { answer.give($0) }
        }
    }

    private func note(_ outcome: AppendOutcome, _ flight: Flight) throws {
        switch outcome {
        case .appended(let base):
            count.appended += flight.lines.count
            try acknowledge(flight, from: base)
        case .duplicate(let base):
            count.skipped += flight.lines.count
            if let base { try acknowledge(flight, from: base) }
        }
        progress.show(count.appended, "events")
    }

    private func acknowledge(_ flight: Flight, from base: Offset) throws {
        guard command.acknowledge else { return }
        for (index, line) in flight.lines.enumerated() {
            let offset = base.advanced(by: index)
            if command.store.json {
                try output.write(
                    JSONText.line {
                        $0.add("line", line)
                        $0.add("partition", flight.partition)
                        $0.add("offset", offset.rawValue)
                    })
            } else {
                try output.writeLine("\(line) \(flight.partition) \(offset)")
            }
        }
        try output.flush()
    }

    // MARK: The end

    private func finish() throws {
        let missing = zip(stored, seen).reduce(0) { $0 + max(0, $1.0 - $1.1) }
        guard missing == 0 else {
            throw CommandFailure(
                "the producer '\(command.producer?.text ?? "")' has stored \(missing) events more "
                    + "than this input has for their partitions: run it with the input and the "
                    + "options of the first run, or use another name")
        }
        if command.store.json {
            try say("", json: true) { line in
                line.add("stream", stream.name.text)
                line.add("partitions", stream.partitionCount)
                line.add("appended", count.appended)
                line.add("skipped", count.skipped)
            }
        } else {
            let skipped = count.skipped == 0 ? "" : "; there already: \(count.skipped)"
            complain("appended to '\(stream.name)': \(count.appended)\(skipped)")
        }
    }

    private func summarised(_ text: String, at line: Int?) -> CommandFailure {
        let place = line.map { " after line \($0)" } ?? ""
        return CommandFailure(
            "\(text)\(place); appended to '\(stream.name)' before: \(count.appended)")
    }
}

private struct ProduceCount {
    /// Lines that are events.
    var lines = 0
    var appended = 0
    /// What had been stored by a run before.
    var skipped = 0
}

/// An answer that may come before anybody waits for it.
private final class Answer: Sendable {
    private enum State {
        case nothing
        case waiting(CheckedContinuation<Result<ControlResponse, AccessError>, Never>)
        case given(Result<ControlResponse, AccessError>)
    }

    private let state = Mutex(State.nothing)

    func give(_ value: Result<ControlResponse, AccessError>) {
        let waiting = state.withLock { state in
            defer { state = .given(value) }
            if case .waiting(let continuation) = state { return Optional(continuation) }
            return nil
        }
        waiting?.resume(returning: value)
    }

    func value() async -> Result<ControlResponse, AccessError> {
        await withCheckedContinuation { continuation in
            let known = state.withLock { state -> Result<ControlResponse, AccessError>? in
                if case .given(let value) = state { return value }
                state = .waiting(continuation)
                return nil
            }
            if let known { continuation.resume(returning: known) }
        }
    }
}
