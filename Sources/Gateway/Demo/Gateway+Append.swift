internal import StreamLog
package import StreamModel

/// What the demo puts into a gateway without a network in between.
extension Gateway {
    /// Appends what `next` gives as events, until it gives nil, and returns how many there were
    /// once all of them are durable. `progress` is told how many are durable so far.
    ///
    /// Batches go to the partitions in turn; the events of one keep their order.
    package func append(
        to name: StreamName, progress: (Int) -> Void, next: () throws -> [UInt8]?
    ) async throws -> Int {
        let stream = try await demoStream(name)
        var turn = RoundRobin()
        var batch: [Record] = []
        var count = 0
        while let body = try next() {
            batch.append(
                Record(value: body, timestamp: Timestamp(milliseconds: WallClock.now())))
            guard batch.count == Self.batchCount else { continue }
            try await append(batch, to: stream, turn.next(count: stream.partitionCount))
            count += batch.count
            batch.removeAll(keepingCapacity: true)
            progress(count)
        }
        if !batch.isEmpty {
            try await append(batch, to: stream, turn.next(count: stream.partitionCount))
        }
        return count + batch.count
    }

    private static var batchCount: Int { 500 }

    private func append(
        _ records: [Record], to stream: StreamDefinition, _ partition: PartitionIndex
    ) async throws {
        _ = try await log.append(
            records, to: PartitionID(stream.incarnation, UInt32(partition.rawValue)))
    }

    private func demoStream(_ name: StreamName) async throws -> StreamDefinition {
        if let known = try? log.stream(named: name) { return known }
        return try await log.createStream(name, partitionCount: 4)
    }
}
