/// Which numbers the blocks of a salvaged log have in place of those they had.
struct BlockRenumbering {
    /// Blocks that follow each other in both logs.
    private struct Run {
        let old: UInt64
        let new: UInt64
        var count: UInt64
    }

    private var runs: [Run] = []

    /// Notes the next block. Both numbers are greater than all before.
    mutating func note(_ old: BlockNumber, is new: BlockNumber) {
        if let last = runs.last, old.rawValue &- last.old == last.count,
            new.rawValue &- last.new == last.count
        {
            runs[runs.count - 1].count += 1
        } else {
            runs.append(Run(old: old.rawValue, new: new.rawValue, count: 1))
        }
    }

    /// The new number of the block, or of the first one after it that was kept.
    func callAsFunction(_ old: BlockNumber) -> BlockNumber {
        let after = runs.partitioningIndex { $0.old > old.rawValue }
        guard after > 0 else { return BlockNumber(rawValue: runs.first?.new ?? 1) }
        let run = runs[after - 1]
        return BlockNumber(rawValue: run.new + min(old.rawValue - run.old, run.count))
    }
}
