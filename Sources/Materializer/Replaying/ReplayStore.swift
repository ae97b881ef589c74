internal import Bytes
internal import DurableFiles
package import StreamLog
internal import StreamModel

/// A range of a log that somebody else may have open, and a memory beside the table it goes into.
///
/// The bounds are pinned by the first start; whoever goes on after a crash has the same ones.
package struct ReplayStore: PipelineStore {
    /// `StreamLog.read`, or the way to whoever has the log.
    package typealias Read =
        @Sendable (PartitionID, _ from: Int64, _ byteCount: Int) async throws(ReadError)
        -> ReadResult

    private let root: String
    private let store: StoreID
    private let stream: StreamDefinition
    private let bounds: [Range<Int64>]
    private let source: Read
    /// Whether an earlier start had begun.
    package let isResumed: Bool

    /// Below the table's root; names with `_` in front are no data to any engine.
    private static let directory = "_millrace"
    private static let name = "replay"

    /// Goes on with the replay that was begun in `root`, or begins one over `bounds`.
    package init(
        _ root: String, store: StoreID, stream: StreamDefinition, bounds: [Range<Int64>],
        read: @escaping Read
    ) throws(Interruption) {
        self.root = root
        self.store = store
        self.stream = stream
        source = read
        let known = try Self.record(in: root)
        guard known == nil || known?.incarnation == stream.incarnation.rawValue else {
            throw .pause(Pause(.recreated(tableID: "another stream"), at: ""))
        }
        self.bounds = known?.bounds ?? bounds
        isResumed = known != nil
        if known == nil {
            try Self.keep(
                ReplayRecord(
                    incarnation: stream.incarnation.rawValue, bounds: bounds,
                    positions: bounds.map(\.lowerBound)), in: root)
        }
    }

    /// The bounds of a replay in `root`; nil when there was none.
    package static func bounds(in root: String) -> [Range<Int64>]? {
        (try? record(in: root))?.bounds
    }

    /// How many offsets the bounds hold.
    package var offsetCount: Int64 {
        bounds.reduce(0) { $0 &+ ($1.upperBound - $1.lowerBound) }
    }

    /// How many of them are in the table.
    package var doneCount: Int64 {
        let positions = (try? Self.record(in: root))?.positions ?? []
        return zip(positions, bounds).reduce(0) { $0 &+ ($1.0 - $1.1.lowerBound) }
    }

    /// What the directory remembers; where there is nothing, the beginning of the bounds.
    package func open(
        _ definition: PipelineDefinition
    ) async throws(Interruption) -> OpenedPipeline {
        let record = try Self.record(in: root)
        do throws(RecordError) {
            return OpenedPipeline(
                store: store, stream: stream,
                memory: try record?.memory.map { bytes throws(RecordError) in
                    try FeedMemory(decoding: bytes)
                },
                progress: try record?.progress.map { bytes throws(RecordError) in
                    try FeedProgress(decoding: bytes)
                } ?? FeedProgress(),
                positions: record?.positions ?? bounds.map(\.lowerBound))
        } catch { throw .trouble(.memory(error)) }
    }

    /// The pinned ones: what the log has taken since is not replayed.
    package func bounds(
        of stream: StreamDefinition
    ) async throws(Interruption) -> [Range<Int64>] { bounds }

    /// As whoever has the log gives it.
    package func read(
        _ id: PartitionID, from offset: Int64, byteCount: Int
    ) async throws(ReadError) -> ReadResult {
        try await source(id, offset, byteCount)
    }

    /// Replaces the record in the directory: all of the change or none of it.
    package func keep(_ change: FeedChange) async throws(Interruption) {
        guard var record = try Self.record(in: root) else { throw .trouble(.memory(.tooShort)) }
        if let memory = change.memory { record.memory = memory.encoded() }
        record.progress = change.progress.encoded()
        for position in change.positions where Int(position.partition) < record.positions.count {
            record.positions[Int(position.partition)] = position.offset
        }
        try Self.keep(record, in: root)
    }

    /// Whoever has the log open finds them himself.
    package func record(_ gaps: [StepOver]) async throws(Interruption) {}

    // MARK: The record's file

    private static func record(in root: String) throws(Interruption) -> ReplayRecord? {
        let bytes: [UInt8]
        do throws(FileFault) {
            let file = try File("\(root)/\(directory)/\(name)", .reading)
            bytes = try file.read(at: 0, count: try file.status().byteCount)
        } catch {
            guard error.isMissing else { throw .trouble(Trouble(error)) }
            return nil
        }
        do { return try ReplayRecord(decoding: bytes) } catch { throw .trouble(.memory(error)) }
    }

    private static func keep(_ record: ReplayRecord, in root: String) throws(Interruption) {
        do throws(FileFault) {
            _ = try Directory.make(root, for: .everybody)
            try Directory.make("\(root)/\(directory)").replace(name, with: record.encoded())
        } catch { throw .trouble(Trouble(error)) }
    }
}

/// What a replay remembers.
struct ReplayRecord: Equatable, Sendable {
    var incarnation: UInt32
    var bounds: [Range<Int64>]
    var positions: [Int64]
    var memory: [UInt8]?
    var progress: [UInt8]?

    init(incarnation: UInt32, bounds: [Range<Int64>], positions: [Int64]) {
        self.incarnation = incarnation
        self.bounds = bounds
        self.positions = positions
    }

    func encoded() -> [UInt8] {
        var writer = ByteWriter()
        writer.append(varint: UInt64(incarnation))
        writer.append(ranges: bounds)
        writer.append(list: positions) { $0.append(natural: $1) }
        writer.append(memory) { $0.append(prefixed: $1) }
        writer.append(progress) { $0.append(prefixed: $1) }
        return RecordEnvelope.wrap(.replay, writer.bytes)
    }

    init(decoding bytes: [UInt8]) throws(RecordError) {
        let body = try RecordEnvelope.unwrap(.replay, bytes)
        var reader = ByteReader(body.rawSpan)
        do throws(DecodeError) {
            incarnation = try reader.generation()
            bounds = try reader.ranges()
            positions = try reader.list { (reader) throws(DecodeError) in try reader.natural() }
            memory = try reader.optional { (reader) throws(DecodeError) in try reader.prefixed() }
            progress = try reader.optional { (reader) throws(DecodeError) in
                try reader.prefixed()
            }
            guard reader.isAtEnd, positions.count == bounds.count else {
                throw .badLength(position: reader.position)
            }
        } catch { throw .malformed(error) }
    }
}
