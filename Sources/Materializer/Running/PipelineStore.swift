package import StreamLog
internal import StreamModel

/// What a pipeline reads, and where it remembers how far it has got: the log it follows, or for a
/// replay a log that somebody else may have open, and a directory.
package protocol PipelineStore: Sendable {
    /// The stream, and what is remembered of the pipeline; its beginning when there is nothing.
    func open(_ definition: PipelineDefinition) async throws(Interruption) -> OpenedPipeline

    /// Where each partition begins, and where it ends for now, or for good.
    func bounds(of stream: StreamDefinition) async throws(Interruption) -> [Range<Int64>]

    /// Batches and gaps from `offset` on, as `StreamLog.read` gives them.
    func read(
        _ id: PartitionID, from offset: Int64, byteCount: Int
    ) async throws(ReadError) -> ReadResult

    /// Remembers, all or nothing. Durable on return.
    func keep(_ change: FeedChange) async throws(Interruption)

    /// Makes gaps known that only reading has shown.
    func record(_ gaps: [StepOver]) async throws(Interruption)
}

extension PipelineStore {
    func ends(of stream: StreamDefinition) async throws(Interruption) -> [Int64] {
        try await bounds(of: stream).map(\.upperBound)
    }
}

/// What a pipeline begins with.
package struct OpenedPipeline: Sendable {
    /// Whose events these are, by the identity that rows carry.
    package let store: StoreID
    /// As it stands now: its partitions may become more.
    package let stream: StreamDefinition
    /// Nil for a pipeline that has not been here before.
    package let memory: FeedMemory?
    /// A beginning for a pipeline that has not been here before.
    package let progress: FeedProgress
    /// One for each partition: the next offset that the tables do not have.
    package let positions: [Int64]

    /// `positions` has one entry for each partition of `stream`.
    package init(
        store: StoreID, stream: StreamDefinition, memory: FeedMemory?, progress: FeedProgress,
        positions: [Int64]
    ) {
        self.store = store
        self.stream = stream
        self.memory = memory
        self.progress = progress
        self.positions = positions
    }
}

/// What is to be remembered from now on.
package struct FeedChange: Sendable {
    /// The stream that the pipeline follows.
    package var incarnation: StreamIncarnation
    /// The pipeline's.
    package var name: String
    /// Nil: as it was.
    package var memory: FeedMemory?
    /// Replaces what was remembered.
    package var progress: FeedProgress
    /// The partitions that move, and their next offsets.
    package var positions: [(partition: UInt32, offset: Int64)]
}

/// The log that is followed: its positions are the memory, and gate its retention.
struct LogStore: PipelineStore {
    let log: StreamLog

    func open(_ definition: PipelineDefinition) async throws(Interruption) -> OpenedPipeline {
        let stream: StreamDefinition
        do throws(ReadError) { stream = try log.stream(named: definition.stream) } catch {
            throw .noStream
        }
        let name = definition.name.text
        let known = log.feeds(of: stream.incarnation).first { $0.name == name }
        if known?.gate != definition.gate {
            let feed = FeedKey(incarnation: stream.incarnation, name: name)
            try await commit([.setFeed(feed, definition.gate)])
        }
        let store = FeedStore(log, stream.incarnation, name: name)
        do throws(RecordError) {
            return OpenedPipeline(
                store: log.storeID, stream: stream, memory: try store.memory(),
                progress: try store.progress(),
                positions: store.positions(partitionCount: stream.partitionCount))
        } catch { throw .trouble(.memory(error)) }
    }

    func bounds(of stream: StreamDefinition) async throws(Interruption) -> [Range<Int64>] {
        do throws(ReadError) {
            let count = try log.stream(named: stream.name).partitionCount
            var bounds: [Range<Int64>] = []
            for partition in 0..<count {
                let id = PartitionID(stream.incarnation, UInt32(partition))
                let known = try log.bounds(of: id)
                bounds.append(known.lowerBound..<known.upperBound)
            }
            return bounds
        } catch {
            if case .unknownStream = error { throw .noStream }
            throw .trouble(.read(error))
        }
    }

    func read(
        _ id: PartitionID, from offset: Int64, byteCount: Int
    ) async throws(ReadError) -> ReadResult {
        try log.read(id, from: Offset(unchecked: offset), byteCount: byteCount, .reportGap)
    }

    func keep(_ change: FeedChange) async throws(Interruption) {
        let store = FeedStore(log, change.incarnation, name: change.name)
        let requests: [StateRequest]
        do throws(RecordError) {
            requests = try store.requests(
                memory: change.memory, progress: change.progress, positions: change.positions)
        } catch { throw .trouble(.memory(error)) }
        try await commit(requests)
    }

    func record(_ gaps: [StepOver]) async throws(Interruption) {
        try await commit(gaps.map { .recordGap($0.id, $0.gap) })
    }

    private func commit(_ requests: [StateRequest]) async throws(Interruption) {
        do throws(CommitError) {
            _ = try await log.commit(Commit(requests: requests))
        } catch {
            if case .stream(.unknown) = error { throw .noStream }
            throw .trouble(.log(error))
        }
    }
}
