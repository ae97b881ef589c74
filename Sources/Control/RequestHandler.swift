internal import Dispatch
internal import Glibc
internal import StreamLog
internal import StreamModel
internal import Synchronization

/// Does what a request says, on a log that this process has open.
///
/// Nothing waits here: a commit is answered by the log's writer, a read that waits by the event it
/// waits for or by its time, and a verification by a queue of its own.
final class RequestHandler: Sendable {
    private let log: StreamLog
    private let waits = DispatchQueue(label: "millrace.control.waits")
    private let verifications = DispatchQueue(label: "millrace.control.verify")
    private let verificationCount = Mutex(0)

    /// How many verifications may wait for each other.
    private static let verificationCountMax = 4

    /// Whoever runs the pipelines of the store; nil while nobody does.
    let desk = Mutex<(any PipelineDesk)?>(nil)

    init(_ log: StreamLog) { self.log = log }

    func handle(_ request: ControlRequest, completion: @escaping AccessCompletion) {
        switch request {
        case .commit(let commit):
            log.enqueue(commit) { result in
                completion(
                    result.map { .receipt($0) }.mapError { .refused(Refusal($0)) })
            }
        case .read(let request): read(request, completion)
        case .verify(let depth): verify(depth, completion)
        case .pipelines:
            completion(.success(.pipelines(desk.withLock { $0 }?.reports() ?? [])))
        case .order(let command): completion(order(command))
        case .streams: completion(.success(.streams(log.streams())))
        case .pin: completion(.success(.pin(log.pin())))
        case .statistics: completion(.success(.statistics(StoreStatistics(log.statistics()))))
        case .stream, .lastSequences, .bounds, .gaps, .offset, .positions, .feeds:
            completion(answer(to: request))
        }
    }

    private func answer(to request: ControlRequest) -> Result<ControlResponse, AccessError> {
        do throws(ReadError) {
            return .success(try look(up: request))
        } catch {
            return .failure(.refused(Refusal(error)))
        }
    }

    private func look(up request: ControlRequest) throws(ReadError) -> ControlResponse {
        switch request {
        case .stream(let name): return .streams([try log.stream(named: name)])
        case .lastSequences(let producer, let stream):
            return .sequences(
                try partitions(of: stream).map { log.lastSequence(of: producer, in: $0) })
        case .bounds(let stream):
            var bounds: [ClosedRange<Int64>] = []
            for id in try partitions(of: stream) { bounds.append(try log.bounds(of: id)) }
            return .bounds(bounds)
        case .gaps(let id): return .gaps(try log.gaps(of: id))
        case .offset(let id, let time, let kind):
            return .offset(try log.offset(of: id, at: time, by: kind))
        case .positions(let stream):
            return .positions(
                log.positions(of: stream).map { key, position in
                    PositionEntry(
                        kind: key.kind, name: key.name, partition: key.partition,
                        offset: position.offset)
                })
        case .feeds(let stream):
            return .feeds(log.feeds(of: stream).map { FeedEntry(name: $0.name, gate: $0.gate) })
        case .streams, .commit, .read, .statistics, .verify, .pin, .pipelines, .order:
            preconditionFailure("\(request) is no question about one stream")
        }
    }

    private func partitions(of stream: StreamIncarnation) throws(ReadError) -> [PartitionID] {
        guard let found = log.streams().first(where: { $0.incarnation == stream }) else {
            throw .unknownStream("incarnation \(stream.rawValue)")
        }
        return (0..<UInt32(found.partitionCount)).map { PartitionID(stream, $0) }
    }

    private func order(_ command: PipelineCommand) -> Result<ControlResponse, AccessError> {
        do throws(Refusal) {
            guard let desk = desk.withLock({ $0 }) else {
                throw Refusal(.unknownFeed, "the store's owner keeps no tables")
            }
            return .success(.ordered(try desk.order(command)))
        } catch {
            return .failure(.refused(error))
        }
    }

    // MARK: Reading

    private func read(_ request: ReadRequest, _ completion: @escaping AccessCompletion) {
        let wait = min(request.waitMilliseconds, ReadRequest.waitMax)
        let first = attempt(request)
        guard wait > 0, case .success(.reads([])) = first else { return completion(first) }
        let waiting = WaitingRead(completion)
        retry(request, waiting)
        waits.asyncAfter(deadline: .now() + .milliseconds(wait)) { [self] in
            finish(waiting, attempt(request))
        }
    }

    /// Waits for news of the partitions, and then tries again.
    private func retry(_ request: ReadRequest, _ waiting: WaitingRead) {
        let ticket = log.notify(of: request.places.map { ($0.id, $0.offset) }) { [self] in
            // The writer's thread calls this, and has better things to do than to read.
            waits.async { [self] in
                guard !waiting.isOver else { return }
                let result = attempt(request)
                if case .success(.reads([])) = result, !log.isClosed {
                    retry(request, waiting)
                } else {
                    finish(waiting, result)
                }
            }
        }
        if let unused = waiting.keep(ticket) { log.cancel(unused) }
    }

    private func finish(
        _ waiting: WaitingRead, _ result: Result<ControlResponse, AccessError>
    ) {
        guard let (completion, ticket) = waiting.finish() else { return }
        if let ticket { log.cancel(ticket) }
        completion(result)
    }

    private func attempt(_ request: ReadRequest) -> Result<ControlResponse, AccessError> {
        guard !log.isClosed else { return .failure(.refused(Refusal(ReadError.closed))) }
        var reads: [PartitionRead] = []
        var left = min(max(1, request.byteCount), ReadRequest.byteCountMax)
        do throws(ReadError) {
            for place in request.places where left > 0 {
                let found = try log.read(
                    place.id, from: place.offset, byteCount: left, request.retainedAway)
                guard !found.items.isEmpty else { continue }
                left -= found.items.reduce(0) { $0 + $1.byteCount }
                reads.append(PartitionRead(place.id, found))
            }
            return .success(.reads(reads))
        } catch {
            return .failure(.refused(Refusal(error)))
        }
    }

    // MARK: Verifying

    private func verify(_ depth: VerifyDepth, _ completion: @escaping AccessCompletion) {
        let isTaken = verificationCount.withLock { count in
            guard count < Self.verificationCountMax else { return false }
            count += 1
            return true
        }
        guard isTaken else {
            return completion(
                .failure(.refused(Refusal(.busy, "the store is being verified already: wait"))))
        }
        verifications.async { [self] in
            let result: Result<ControlResponse, AccessError>
            do throws(ReadError) {
                result = .success(.report(StoreReport(try log.verify(depth))))
            } catch {
                result = .failure(.refused(Refusal(error)))
            }
            verificationCount.withLock { $0 -= 1 }
            completion(result)
        }
    }
}

/// A read that has found nothing yet. Its time and its event race to finish it.
private final class WaitingRead: Sendable {
    private struct State {
        var completion: AccessCompletion?
        var ticket: NewsTicket?
    }

    private let state: Mutex<State>

    init(_ completion: @escaping AccessCompletion) { state = Mutex(State(completion: completion)) }

    var isOver: Bool { state.withLock { $0.completion == nil } }

    /// Gives the ticket back when the read is over already.
    func keep(_ ticket: NewsTicket) -> NewsTicket? {
        state.withLock { state in
            guard state.completion != nil else { return ticket }
            state.ticket = ticket
            return nil
        }
    }

    /// Nil for all but the first.
    func finish() -> (AccessCompletion, NewsTicket?)? {
        state.withLock { state in
            defer { state = State() }
            return state.completion.map { ($0, state.ticket) }
        }
    }
}

extension ReadItem {
    fileprivate var byteCount: Int {
        switch self {
        case .batch(let stored): stored.batch.byteCount
        case .gap: 32
        }
    }
}

extension PartitionRead {
    fileprivate init(_ id: PartitionID, _ result: ReadResult) {
        self.init(
            id: id,
            items: result.items.map { item in
                switch item {
                case .batch(let stored):
                    .batch(
                        stored.batch, appendTime: Timestamp(milliseconds: stored.appendTime))
                case .gap(let gap): .gap(gap)
                }
            }, next: result.next, end: result.end)
    }
}

extension StoreStatistics {
    fileprivate init(_ log: LogStatistics) {
        let counters = log.counters
        let figures: [(String, Int)] = [
            ("streams", log.streamCount), ("producers", log.producerCount),
            ("positions", log.positionCount), ("segments", log.segmentCount),
            ("firstSegment", Int(clamping: log.segments.lowerBound)),
            ("activeSegment", Int(clamping: log.segments.upperBound)),
            ("segmentBytes", log.segmentByteCount), ("usedBytes", log.usedByteCount),
            ("budgetBytes", log.budget), ("ageMilliseconds", Int(log.age)),
            ("damageFound", log.damageCount), ("commits", counters.commits),
            ("batches", counters.batches), ("records", counters.records),
            ("payloadBytes", counters.payloadByteCount),
            ("writtenBytes", counters.writtenByteCount), ("refusals", counters.refusals),
            ("flushFailures", counters.flushFailures),
            ("waitsForSpace", counters.waitsForSpace),
            ("doubtfulCreateTimes", counters.doubtfulCreateTimes),
        ]
        self.init(
            storeID: log.storeID.description, processID: getpid(),
            figures: figures.map { Figure(name: $0.0, value: Int64($0.1)) },
            failure: log.failure?.description)
    }
}
