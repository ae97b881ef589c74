internal import Bytes
package import StreamLog

/// Where the log keeps what a pipeline remembers: in the metadata of positions beside those of its
/// feed. Their names have a `/`, which no feed's has.
///
///     feed "telemetry"                 partition p   next offset that the tables do not have
///     feed "telemetry/memory/<i>"      partition 0   a piece of `FeedMemory`
///     feed "telemetry/progress/<i>"    partition 0   a piece of `FeedProgress`
package struct FeedStore: Sendable {
    private let log: StreamLog
    private let incarnation: StreamIncarnation
    private let name: String

    /// `name` is the pipeline's. Nothing is read or made yet.
    package init(_ log: StreamLog, _ incarnation: StreamIncarnation, name: String) {
        self.log = log
        self.incarnation = incarnation
        self.name = name
    }

    /// What was kept last; nil for a pipeline that has not been here before.
    package func memory() throws(RecordError) -> FeedMemory? {
        guard let bytes = try record("memory") else { return nil }
        return try FeedMemory(decoding: bytes)
    }

    /// What was kept last; a beginning when there is nothing.
    package func progress() throws(RecordError) -> FeedProgress {
        guard let bytes = try record("progress") else { return FeedProgress() }
        return try FeedProgress(decoding: bytes)
    }

    /// The next offset of each partition.
    package func positions(partitionCount: Int) -> [Int64] {
        (0..<partitionCount).map { log.position(key(name, UInt32($0)))?.offset ?? 0 }
    }

    /// What a change of memory, progress and positions asks of the log, all in one commit.
    package func requests(
        memory: FeedMemory? = nil, progress: FeedProgress? = nil,
        positions: [(partition: UInt32, offset: Int64)] = []
    ) throws(RecordError) -> [StateRequest] {
        var requests: [StateRequest] = []
        if let memory { requests += try pieces("memory", memory.encoded()) }
        if let progress { requests += try pieces("progress", progress.encoded()) }
        for position in positions {
            requests.append(
                .setPosition(key(name, position.partition), Position(offset: position.offset)))
        }
        return requests
    }

    /// What forgets the pipeline, its feed included.
    package func removal() -> [StateRequest] {
        var requests: [StateRequest] = []
        for record in ["memory", "progress"] {
            for index in 0..<RecordChunks.countMax where piece(record, index) != nil {
                requests.append(
                    .removePositions(.feed, name: pieceName(record, index), incarnation))
            }
        }
        requests.append(.removePositions(.feed, name: name, incarnation))
        return requests
    }

    private func pieces(
        _ record: String, _ bytes: [UInt8]
    ) throws(RecordError) -> [StateRequest] {
        try RecordChunks.split(bytes).enumerated().map { index, piece in
            .setPosition(
                key(pieceName(record, index), 0), Position(offset: 0, metadata: piece))
        }
    }

    private func record(_ record: String) throws(RecordError) -> [UInt8]? {
        try RecordChunks.join { piece(record, $0) }
    }

    private func piece(_ record: String, _ index: Int) -> [UInt8]? {
        log.position(key(pieceName(record, index), 0))?.metadata
    }

    private func pieceName(_ record: String, _ index: Int) -> String {
        "\(name)/\(record)/\(index)"
    }

    private func key(_ name: String, _ partition: UInt32) -> PositionKey {
        PositionKey(kind: .feed, name: name, partition: PartitionID(incarnation, partition))
    }
}
