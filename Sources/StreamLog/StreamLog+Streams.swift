internal import Compression
package import StreamModel
internal import Synchronization

/// Streams, producers, positions and feeds: what is not an event.
extension StreamLog {
    /// In the order of their names.
    package func streams() -> [StreamDefinition] {
        shared.view.withLock { view in view.state.streams.values.map(\.definition) }
            .sorted { $0.name < $1.name }
    }

    /// The stream that has the name now.
    package func stream(named name: StreamName) throws(ReadError) -> StreamDefinition {
        guard let found = shared.view.withLock({ $0.state.stream(named: name) }) else {
            throw .unknownStream(name.text)
        }
        return found
    }

    /// Makes a stream of 1 to 1024 partitions.
    package func createStream(
        _ name: StreamName, partitionCount: Int,
        _ configuration: StreamConfiguration = StreamConfiguration()
    ) async throws(CommitError) -> StreamDefinition {
        let answer = try await perform(
            .createStream(name, partitionCount: partitionCount, configuration))
        guard case .stream(let definition) = answer else {
            preconditionFailure("creating a stream was answered with \(answer)")
        }
        return definition
    }

    /// The id and epoch of a producer. The same name always gets the same id.
    package func registerProducer(
        _ name: ProducerName?, _ fencing: StateRequest.Fencing = .raiseEpoch
    ) async throws(CommitError) -> (id: ProducerID, epoch: Int16) {
        let answer = try await perform(.registerProducer(name: name, fencing))
        guard case .producer(let id, let epoch) = answer else {
            preconditionFailure("registering a producer was answered with \(answer)")
        }
        return (id, epoch)
    }

    /// The sequence of the last record that a producer has stored in a partition, in its current
    /// epoch or an earlier one; nil before the first.
    package func lastSequence(of producer: ProducerID, in id: PartitionID) -> Int32? {
        shared.view.withLock { $0.state.window(of: producer, in: id)?.lastSequence }
    }

    /// Appends records as one batch, compressed if that pays, and returns the first one's offset
    /// when all are durable.
    package func append(
        _ records: [Record], to id: PartitionID
    ) async throws(CommitError) -> Offset {
        let batch = try encode(records, for: id)
        let receipt = try await commit(Commit(appends: [Commit.Append(batch, to: id)]))
        guard case .appended(let offset) = receipt.appends[0] else {
            preconditionFailure("records without a sequence were taken for a duplicate")
        }
        return offset
    }

    /// The records as one batch, stored as the stream's configuration says. At least one record.
    package func encode(
        _ records: [Record], for id: PartitionID, from producer: BatchProducer? = nil
    ) throws(CommitError) -> RecordBatch {
        let byteCount = records.reduce(128) { $0 + ($1.value?.count ?? 0) + 32 }
        var builder = RecordBatchBuilder(reserving: byteCount)
        do throws(BatchError) {
            for record in records { try builder.append(record) }
        } catch {
            throw CommitError(error)
        }
        let compression = shared.view.withLock { view in
            view.state.streams[id.incarnation]?.definition.configuration.compression
        }
        guard compression == .zstd else { return builder.finish(from: producer) }
        var compressor = ZstdCompressor()
        return builder.finish(from: producer, compressor: &compressor)
    }

    /// Commits one change of the log's state.
    @discardableResult
    package func perform(_ request: StateRequest) async throws(CommitError) -> StateAnswer {
        try await commit(Commit(requests: [request])).answers[0]
    }

    /// The position, if that group or feed has one in that partition.
    package func position(_ key: PositionKey) -> Position? {
        shared.view.withLock { $0.state.positions[key] }
    }

    /// All positions of a stream, sorted by kind, name and partition.
    package func positions(
        of incarnation: StreamIncarnation
    ) -> [(key: PositionKey, position: Position)] {
        shared.view.withLock { view in
            view.state.positions.filter { $0.key.partition.incarnation == incarnation }
        }
        .map { (key: $0.key, position: $0.value) }
        .sorted {
            ($0.key.kind.rawValue, $0.key.name, $0.key.partition)
                < ($1.key.kind.rawValue, $1.key.name, $1.key.partition)
        }
    }

    /// The feeds of a stream and what they allow, sorted by name.
    package func feeds(of incarnation: StreamIncarnation) -> [(name: String, gate: FeedGate)] {
        shared.view.withLock { $0.state.feeds }
            .filter { $0.key.incarnation == incarnation }
            .map { (name: $0.key.name, gate: $0.value) }
            .sorted { $0.name < $1.name }
    }
}
