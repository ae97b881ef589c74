internal import DeltaTable
internal import JSONFlattening
internal import StreamLog
internal import Synchronization

/// A redrive that is under way.
struct RedriveRun: Sendable {
    let redrive: Redrive
    var scan: RedriveScan
    var report = Redrive.Report()
}

/// Redriving between two flushes, a round at a time.
extension PipelineRunner {
    /// Does what an earlier redrive has left undone.
    func finishRedrive(of followed: inout Followed) async throws(Interruption) {
        guard let record = try Redrive.record(of: definition.root) else { return }
        let columns = [GrowthEntry(change: record.columns, starts: [])]
        let growth = try Followed.growth(
            of: FeedMemory(mapping: record.mapping, growth: columns))
        try await redrive(followed, growth).finish(record)
        try await takeIn(&followed)
    }

    /// The tables are to be made anew, its rows among them.
    func forgetRedrive() throws(Interruption) { try Redrive.forget(definition.root) }

    func beginRedrive(
        _ order: PipelineOrder, _ followed: Followed
    ) async throws(Interruption) {
        try requireRoom(for: followed.liveByteCounts[.quarantine] ?? 0)
        let growth = order.mapping.map { SchemaGrowth($0, adopting: followed.growth.record) }
        let redrive = redrive(followed, growth ?? followed.growth)
        redriving = RedriveRun(redrive: redrive, scan: try await redrive.scan())
    }

    /// One round. False when there was none to do any more.
    func redrive(_ before: Followed) async throws(Interruption) -> Bool {
        guard var run = redriving else { return false }
        let isAtWork = try await run.redrive.step(&run.scan, &run.report)
        redriving = isAtWork ? run : nil
        tally { tally in
            tally.landed = run.report.landed
            tally.left = run.report.left
        }
        show(
            .working(
                PipelineWork(
                    kind: .redriving, done: run.scan.seenCount, all: run.scan.rowCount)))
        guard !isAtWork else { return true }
        var followed = before
        try await takeIn(&followed)
        self.followed = followed
        endOrder()
        return false
    }

    private func redrive(_ followed: Followed, _ growth: SchemaGrowth) -> Redrive {
        Redrive(
            root: definition.root, identity: followed.identity, growth: growth,
            surroundings: surroundings, random: random)
    }

    /// What a redrive has committed is ours, and the log is told so.
    private func takeIn(_ followed: inout Followed) async throws(Interruption) {
        for name in followed.progress.tables.map(\.table) {
            guard var table = followed.tables[name] else { continue }
            do throws(TableError) {
                _ = try await table.refresh()
                followed.remember(name, at: try await table.position(), [])
            } catch { throw .trouble(Trouble(error, at: name)) }
            followed.tables[name] = table
        }
        try await keep(followed, .progress)
    }
}
