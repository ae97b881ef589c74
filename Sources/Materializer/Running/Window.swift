internal import Columns
internal import JSONFlattening
internal import StreamLog
internal import StreamModel

/// What one flush reads: for each partition a range, shared out among tasks.
struct WindowPlan: Sendable {
    let shares: [WindowShare]

    /// Fewer events than this are one task's work.
    private static let eventCountPerTask: Int64 = 20_000

    /// A window over `lagging`, sorted by partition. Each partition may use memory as it lags, so
    /// that none keeps another waiting.
    init(_ lagging: [(id: PartitionID, offsets: Range<Int64>)], byteCount: Int, taskCount: Int) {
        let total = lagging.reduce(Int64(0)) { $0 &+ Int64($1.offsets.count) }
        let parts = lagging.map { entry in
            let share = Double(entry.offsets.count) / Double(max(1, total))
            return WindowShare.Part(
                id: entry.id, offsets: entry.offsets,
                byteCount: max(64 << 10, Int(Double(byteCount) * share)))
        }
        let useful = Int(min(Int64(taskCount), total / Self.eventCountPerTask + 1))
        shares = Self.shares(parts, count: min(max(1, useful), max(1, parts.count)))
    }

    /// Exactly these ranges once more, whatever memory they take.
    init(repeating ranges: [[(id: PartitionID, offsets: Range<Int64>)]]) {
        shares = ranges.map { ranges in
            WindowShare(
                parts: ranges.map { .init(id: $0.id, offsets: $0.offsets, byteCount: nil) })
        }
    }

    /// About so many events, from as many places evenly spread over the partitions.
    init(
        sampling lagging: [(id: PartitionID, offsets: Range<Int64>)], eventCount: Int64,
        placeCount: Int64, taskCount: Int
    ) {
        let count = Int64(max(1, lagging.count))
        let places = max(1, placeCount / count)
        let each = max(1, eventCount / (places * count))
        let parts = lagging.flatMap { entry in
            let stride = max(each, Int64(entry.offsets.count) / places)
            return Swift.stride(
                from: entry.offsets.lowerBound, to: entry.offsets.upperBound, by: Int(stride)
            ).map { start in
                WindowShare.Part(
                    id: entry.id, offsets: start..<min(start + each, entry.offsets.upperBound),
                    byteCount: nil)
            }
        }
        shares = Self.shares(parts, count: taskCount)
    }

    /// Neighbours stay together, so that the rows of a file are sorted by partition.
    private static func shares(_ parts: [WindowShare.Part], count: Int) -> [WindowShare] {
        let total = parts.reduce(0.0) { $0 + Double($1.offsets.count) }
        var shares: [[WindowShare.Part]] = [[]]
        var sum = 0.0
        for part in parts {
            let isFull = sum >= total * Double(shares.count) / Double(count)
            if isFull, shares.count < count, shares[shares.count - 1].isEmpty == false {
                shares.append([])
            }
            shares[shares.count - 1].append(part)
            sum += Double(part.offsets.count)
        }
        return shares.filter { !$0.isEmpty }.map(WindowShare.init)
    }

    /// Flattens all shares at once. Order is that of the shares.
    func flatten(
        _ store: any PipelineStore, _ plan: FlattenPlan, source: String
    ) async throws(ReadError) -> [FlattenedShare] {
        if shares.count == 1 {
            return [try await Self.flatten(shares[0], store, plan, source: source)]
        }
        let results = await withTaskGroup(of: Numbered.self) { group in
            for (number, share) in shares.enumerated() {
                group.addTask {
                    await Self.flatten(share, number, store, plan, source: source)
                }
            }
            var results: [Numbered] = []
            for await result in group { results.append(result) }
            return results.sorted { $0.number < $1.number }
        }
        var flattened: [FlattenedShare] = []
        for numbered in results { flattened.append(try numbered.result.get()) }
        return flattened
    }

    /// A share's rows, and its place among the others.
    ///
    /// WHY: not a tuple with the result. In release builds of Swift 6.3.1 the number came back from
    /// the task as another one; in a type of its own it never did in `Tests/Suites/materialize`.
    private struct Numbered: Sendable {
        let number: Int
        let result: Result<FlattenedShare, ReadError>
    }

    private static func flatten(
        _ share: WindowShare, _ number: Int, _ store: any PipelineStore, _ plan: FlattenPlan,
        source: String
    ) async -> Numbered {
        let result: Result<FlattenedShare, ReadError>
        do throws(ReadError) {
            result = .success(try await flatten(share, store, plan, source: source))
        } catch {
            result = .failure(error)
        }
        return Numbered(number: number, result: result)
    }

    private static func flatten(
        _ share: WindowShare, _ store: any PipelineStore, _ plan: FlattenPlan, source: String
    ) async throws(ReadError) -> FlattenedShare {
        let flattener = ShareFlattener(store, plan, source: source)
        return try await flattener.flatten(share)
    }
}
