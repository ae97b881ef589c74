package import StreamLog
package import StreamModel

/// What can be asked of a store, by whoever has it open and by whoever talks to the owner.
///
/// There is one interpreter of requests, `RequestHandler`: a command cannot tell whether it works
/// on a store of its own or through `control.sock`.
package protocol StoreAccess: AnyObject, Sendable {
    /// Hands a request over and returns. Commits take effect in the order of the calls.
    /// `completion` is called once, from any thread, and has to be quick.
    func submit(_ request: ControlRequest, completion: @escaping AccessCompletion)

    /// Lets go of the store. Requests that were not answered fail.
    func close() async
}

/// How the one who asked is told.
package typealias AccessCompletion = @Sendable (Result<ControlResponse, AccessError>) -> Void

/// The questions, each with the answer that belongs to it. Cancellation takes nothing back.
extension StoreAccess {
    /// Hands a request over and waits for its answer.
    package func ask(_ request: ControlRequest) async throws(AccessError) -> ControlResponse {
        let result = await withCheckedContinuation { waiting in
            submit(request) { waiting.resume(returning: $0) }
        }
        return try result.get()
    }

    /// In the order of their names.
    package func streams() async throws(AccessError) -> [StreamDefinition] {
        guard case .streams(let all) = try await ask(.streams) else { throw .garbage }
        return all
    }

    /// The stream that has the name now.
    package func stream(named name: StreamName) async throws(AccessError) -> StreamDefinition {
        guard case .streams(let found) = try await ask(.stream(name)), let stream = found.first
        else { throw .garbage }
        return stream
    }

    /// Makes the commit durable; the receipt has an outcome for each append and request.
    package func commit(_ commit: Commit) async throws(AccessError) -> CommitReceipt {
        guard case .receipt(let receipt) = try await ask(.commit(commit)),
            receipt.appends.count == commit.appends.count,
            receipt.answers.count == commit.requests.count
        else { throw .garbage }
        return receipt
    }

    /// Commits one change of the store's state.
    @discardableResult
    package func perform(_ request: StateRequest) async throws(AccessError) -> StateAnswer {
        try await commit(Commit(requests: [request])).answers[0]
    }

    /// The number of the last record that a producer has stored, for each partition of a stream.
    package func lastSequences(
        of producer: ProducerID, in stream: StreamIncarnation
    ) async throws(AccessError) -> [Int32?] {
        guard case .sequences(let all) = try await ask(.lastSequences(producer, stream)) else {
            throw .garbage
        }
        return all
    }

    /// What is there, or comes within the time the request allows. Partitions with nothing new
    /// are not in the answer.
    package func read(_ request: ReadRequest) async throws(AccessError) -> [PartitionRead] {
        guard case .reads(let reads) = try await ask(.read(request)) else { throw .garbage }
        return reads
    }

    /// For each partition the first offset that is still there, and the one the next event gets.
    package func bounds(
        of stream: StreamIncarnation
    ) async throws(AccessError) -> [ClosedRange<Int64>] {
        guard case .bounds(let bounds) = try await ask(.bounds(stream)) else { throw .garbage }
        return bounds
    }

    /// The gaps of a partition, in the order of their offsets.
    package func gaps(of id: PartitionID) async throws(AccessError) -> [Gap] {
        guard case .gaps(let gaps) = try await ask(.gaps(id)) else { throw .garbage }
        return gaps
    }

    /// The first event at or after a time; the end when there is none.
    package func offset(
        of id: PartitionID, at time: Timestamp, by kind: TimeKind
    ) async throws(AccessError) -> Offset {
        guard case .offset(let offset) = try await ask(.offset(id, time, kind)) else {
            throw .garbage
        }
        return offset
    }

    /// Sorted by kind, name and partition.
    package func positions(
        of stream: StreamIncarnation
    ) async throws(AccessError) -> [PositionEntry] {
        guard case .positions(let all) = try await ask(.positions(stream)) else { throw .garbage }
        return all
    }

    /// Sorted by name.
    package func feeds(of stream: StreamIncarnation) async throws(AccessError) -> [FeedEntry] {
        guard case .feeds(let all) = try await ask(.feeds(stream)) else { throw .garbage }
        return all
    }

    /// How large the store is, and what has happened to it since it was opened.
    package func statistics() async throws(AccessError) -> StoreStatistics {
        guard case .statistics(let figures) = try await ask(.statistics) else { throw .garbage }
        return figures
    }

    /// How the pipelines of the store stand; none where nobody runs any.
    package func pipelines() async throws(AccessError) -> [PipelineReport] {
        guard case .pipelines(let reports) = try await ask(.pipelines) else { throw .garbage }
        return reports
    }

    /// Has a pipeline do something. It is done when its report says so of the order's number.
    package func order(_ command: PipelineCommand) async throws(AccessError) -> UInt64 {
        guard case .ordered(let serial) = try await ask(.order(command)) else { throw .garbage }
        return serial
    }

    /// Reads everything. May take minutes.
    package func verify(
        _ depth: VerifyDepth = .checksums
    ) async throws(AccessError) -> StoreReport {
        guard case .report(let report) = try await ask(.verify(depth)) else { throw .garbage }
        return report
    }

    /// What of the log is durable now.
    package func pin() async throws(AccessError) -> LogPin {
        guard case .pin(let pin) = try await ask(.pin) else { throw .garbage }
        return pin
    }
}

extension AccessError {
    fileprivate static var garbage: AccessError { .connection(.garbage) }
}
