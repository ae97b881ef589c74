internal import ArgumentParser
internal import Control
internal import Foundation
internal import JSONFlattening
internal import Materializer
internal import StreamLog
internal import StreamModel

/// `millrace replay`: a table from any range of a stream.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Fill a new Delta table from a range of a stream.",
        discussion: """
            The range is pinned to offsets when the command starts. Stopped, even by kill -9, the \
            same command goes on where it was, and no event is in the table twice. The same range \
            under the same mapping gives the same rows.

            Child tables and the quarantine lie beside the table, with its name and theirs.
            """)

    @OptionGroup var store: StoreOptions

    @Argument(help: "The stream.", transform: { try checked($0) })
    var stream: StreamName

    @Option(help: "earliest, latest, an offset, or a time such as 2026-07-01T12:00:00Z.")
    var from = StartText.earliest

    @Option(help: "Where to stop, in the same words: what is there is the first not replayed.")
    var to = StartText.latest

    @Option(help: "The directory of the table.")
    var into: String

    @Option(help: "A file with the mapping, in JSON. Without it all columns are inferred.")
    var mapping: String?

    func run() async throws {
        let mapping = try readMapping(mapping)
        try await store.withStore { door in
            let access = try await door.access()
            let definition = try await access.stream(named: stream)
            let bounds = try await bounds(of: definition, access)
            let text = try await access.statistics().storeID
            guard let id = StoreID(text) else {
                throw CommandFailure("the store's owner names no store: \(text)")
            }
            let source: ReplayStore
            do {
                source = try ReplayStore(into, store: id, stream: definition, bounds: bounds) {
                    (id, offset, byteCount) throws(ReadError) in
                    try await read(access, id, offset, byteCount)
                }
            } catch { throw CommandFailure("\(into): \(error)") }
            try await replay(source, mapping)
        }
    }

    private func replay(_ source: ReplayStore, _ mapping: Mapping) async throws {
        if source.isResumed {
            complain("\(into): going on with the replay that was begun there, in its bounds")
        }
        let pipeline = PipelineDefinition(
            name: try checked("replay"), stream: stream, mapping: mapping, root: into)
        var limits = MachineLimits()
        limits.taskCount = ProcessInfo.processInfo.activeProcessorCount
        let replay = Replay(
            pipeline, source, limits, random: { .random(in: .min ... .max) })
        let bar = ProgressBar(of: "events")
        let before = source.doneCount
        let start = ContinuousClock.now
        let statistics: PipelineStatistics
        do {
            statistics = try await replay.run { done, all in bar.show(done, all) }
        } catch { throw CommandFailure("\(into): \(error)") }
        bar.end()
        let seconds = max(0.001, (ContinuousClock.now - start) / .seconds(1))
        let count = source.offsetCount - before
        let text =
            "\(into): \(count) offsets replayed, \(statistics.rowCount) rows, "
            + "\(statistics.counts.quarantined) quarantined, "
            + "\(statistics.counts.missing) missing; \(Int(Double(count) / seconds)) a second"
        try say(text, json: store.json) { line in
            line.add("table", into)
            line.add("offsets", count)
            line.add("rows", statistics.rowCount)
            line.add("quarantined", statistics.counts.quarantined)
            line.add("missing", statistics.counts.missing)
            line.add("rate", Int64(Double(count) / seconds))
        }
    }

    /// The first and the last offset of each partition, as `--from` and `--to` say.
    private func bounds(
        of definition: StreamDefinition, _ access: any StoreAccess
    ) async throws -> [Range<Int64>] {
        let all = try await access.bounds(of: definition.incarnation)
        var bounds: [Range<Int64>] = []
        for (index, known) in all.enumerated() {
            let id = PartitionID(definition.incarnation, UInt32(index))
            // What retention took is part of the range, so that its gap is named.
            let whole = 0...known.upperBound
            let lower = try await place(from, of: id, within: whole, access)
            let upper = try await place(to, of: id, within: whole, access)
            bounds.append(lower..<max(lower, upper))
        }
        return bounds
    }

    private func place(
        _ text: StartText, of id: PartitionID, within bounds: ClosedRange<Int64>,
        _ access: any StoreAccess
    ) async throws -> Int64 {
        switch text {
        case .earliest: bounds.lowerBound
        case .latest: bounds.upperBound
        case .offset(let offset): min(offset, bounds.upperBound)
        case .time(let time): try await access.offset(of: id, at: time, by: .append).rawValue
        }
    }
}

/// Reads through whoever has the store open.
private func read(
    _ access: any StoreAccess, _ id: PartitionID, _ offset: Int64, _ byteCount: Int
) async throws(ReadError) -> ReadResult {
    guard let place = Offset(offset) else { throw .offsetOutOfRange(offset, valid: 0...0) }
    let request = ReadRequest([.init(id, place)], byteCount: byteCount)
    let reads: [PartitionRead]
    do throws(AccessError) { reads = try await access.read(request) } catch {
        throw .closed
    }
    var result = ReadResult(next: place, end: place)
    guard let found = reads.first else { return result }
    result = ReadResult(next: found.next, end: found.end)
    for item in found.items {
        switch item {
        case .gap(let gap): result.items.append(.gap(gap))
        case .batch(let batch, let time):
            let stored = StoredBatch(
                partition: id, batch: batch, appendTime: time.milliseconds)
            result.items.append(.batch(stored))
        }
    }
    return result
}

/// The mapping in a file; the one that infers everything for none.
func readMapping(_ path: String?) throws -> Mapping {
    guard let path else { return Mapping() }
    guard let data = FileManager.default.contents(atPath: path) else {
        throw CommandFailure("cannot read the mapping \(path)")
    }
    do {
        return try Mapping(parsing: [UInt8](data))
    } catch { throw CommandFailure("\(path): \(error)") }
}
