internal import DeltaTable
internal import StreamLog

/// A plan whose files somebody took away before they were committed: a vacuum takes what belongs to
/// no table, and ours does not yet.
extension PipelineRunner {
    func finishOrRefill(
        _ plan: Plan, in tables: [TableName], of followed: inout Followed
    ) async throws(Interruption) {
        do throws(Interruption) {
            try await finish(plan, in: tables, of: &followed)
        } catch {
            guard error.isMissingFile else { throw error }
            try await refill(plan, &followed)
        }
    }

    /// Flattens the plan's ranges again, under the columns it was made with, and writes the files
    /// of those commits that are not made yet. Ranges and commits stay what they were.
    private func refill(_ plan: Plan, _ followed: inout Followed) async throws(Interruption) {
        let ranges = plan.ranges.map { (id: followed.id($0.partition), offsets: $0.offsets) }
        let shares = try await flattenOnce(WindowPlan(repeating: [ranges]), followed)
        let unfinished = plan.commits.map(\.table).filter { lacks($0, plan, followed) }
        let fresh = try await makeFiles(of: shares, only: Set(unfinished), &followed)
        let commits = plan.commits.map { planned in
            guard unfinished.contains(planned.table) else { return planned }
            return fresh.commits.first { $0.table == planned.table }
                ?? PlannedCommit(table: planned.table, files: [], rowCount: 0)
        }
        let refilled = Plan(
            serial: plan.serial + 1, ranges: plan.ranges, commits: commits, counts: plan.counts,
            newestAppend: plan.newestAppend)
        followed.progress.plan = refilled
        followed.progress.isPlanDone = false
        try await keep(followed, .progress)
        try await finish(refilled, in: unfinished, of: &followed)
    }

    /// Whether a table's cursors are before the plan's end.
    private func lacks(_ name: TableName, _ plan: Plan, _ followed: Followed) -> Bool {
        plan.ranges.contains { range in
            let cursor = followed.identity.cursor(followed.memory.generation, range.partition)
            let reached = followed.tables[name]?.transaction(of: cursor.text)
            return (reached ?? 0) < range.offsets.upperBound
        }
    }
}

extension Interruption {
    /// Whether a file is not where a commit was to name it.
    var isMissingFile: Bool {
        guard case .trouble(.table(_, .dataFile(_, .missing))) = self else { return false }
        return true
    }
}
