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
        _ log: StreamLog, _ plan: FlattenPlan, source: String
    ) async throws(ReadError) -> [FlattenedShare] {
        if shares.count == 1 {
            return [try ShareFlattener(log, plan, source: source).flatten(shares[0])]
        }
        let results = await withTaskGroup(
            of: (Int, Result<FlattenedShare, ReadError>).self
        ) { group in
            for (index, share) in shares.enumerated() {
                group.addTask {
                    do throws(ReadError) {
                        let flattener = ShareFlattener(log, plan, source: source)
                        return (index, .success(try flattener.flatten(share)))
                    } catch {
                        return (index, .failure(error))
                    }
                }
            }
            var results = [Result<FlattenedShare, ReadError>?](repeating: nil, count: shares.count)
            for await (index, result) in group { results[index] = result }
            return results.compactMap { $0 }
        }
        var flattened: [FlattenedShare] = []
        for result in results { flattened.append(try result.get()) }
        return flattened
    }
}
