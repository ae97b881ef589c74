internal import Columns
internal import DeltaTable
internal import JSONFlattening
internal import StreamLog
internal import StreamModel
internal import Synchronization

/// One flush: from what waits in the log to rows that readers see.
extension PipelineRunner {
    func write(byteCount: Int) async throws(Interruption) {
        guard var followed else { return }
        let begun = clock.read()
        let lagging = try await lagging(in: &followed)
        await keepBudget(of: &followed)
        self.followed = followed
        guard !lagging.isEmpty else { return publish(followed) }
        if let shortage = space.shortage { throw .trouble(.tablesFull(shortage)) }
        try await checkTables(of: &followed)
        if followed.growth.tables.allSatisfy({ $0.schema.fields.count <= Self.bareColumnCount }) {
            try await probe(lagging, &followed)
        }
        let window = WindowPlan(
            lagging, byteCount: fitting(byteCount), taskCount: limits.taskCount)
        let shares = try await flatten(window, &followed)
        try await record(shares.flatMap(\.gaps))
        let plan = try await makeFiles(of: shares, &followed)
        try await takeSpace(for: plan, followed)
        try await run(plan, &followed)
        self.followed = followed
        publish(followed)
        report(plan, shares, followed, begunAt: begun)
        await care(for: &followed)
        self.followed = followed
    }

    /// A table with only identity and rescued data has no column of its own yet.
    private static let bareColumnCount = 4
    /// How many events are looked at before the first columns are chosen, and at how many places.
    private static let probeEventCount: Int64 = 2_048
    private static let probePlaceCount: Int64 = 64

    /// The partitions that have more than the tables, sorted.
    private func lagging(
        in followed: inout Followed
    ) async throws(Interruption) -> [(id: PartitionID, offsets: Range<Int64>)] {
        let ends = try await store.ends(of: followed.stream)
        while followed.positions.count < ends.count { followed.positions.append(0) }
        var lagging: [(id: PartitionID, offsets: Range<Int64>)] = []
        for (partition, end) in ends.enumerated() {
            let start = followed.positions[partition]
            if start < end { lagging.append((followed.id(UInt32(partition)), start..<end)) }
        }
        return lagging
    }

    /// What others have done to the tables since our last commit: appends and compactions are
    /// welcome, a restore or an overwrite is for the operator to judge.
    private func checkTables(of followed: inout Followed) async throws(Interruption) {
        var sightings: [TableName: Sighting] = [:]
        for name in followed.progress.tables.map(\.table) {
            guard var table = followed.tables[name] else { continue }
            do throws(TableError) {
                _ = try await table.refresh()
                let sighting = try await followed.sighting(of: table, followed.progress[name])
                for case .rowsChanged(let version, let operation) in sighting.anomalies {
                    board.withLock {
                        $0.note("another writer changed rows (\(operation), version \(version))")
                    }
                }
                sightings[name] = .found(sighting)
            } catch { throw .trouble(Trouble(error, at: name)) }
            followed.tables[name] = table
        }
        let recovery = Recovery(
            positions: followed.positions, ends: try await store.ends(of: followed.stream),
            progress: followed.progress, sightings: sightings)
        switch recovery.decide() {
        case .pause(let pause): throw .pause(pause)
        case .follow: return
        case .finish(let plan, let tables):
            try await finish(plan, in: tables, of: &followed)
        }
    }

    // MARK: Columns

    /// Chooses the first columns by events from all over the window, so that it is flattened once:
    /// fields that come late are mostly those of some devices, not of a time.
    private func probe(
        _ lagging: [(id: PartitionID, offsets: Range<Int64>)], _ followed: inout Followed
    ) async throws(Interruption) {
        let window = WindowPlan(
            sampling: lagging, eventCount: Self.probeEventCount, placeCount: Self.probePlaceCount,
            taskCount: limits.taskCount)
        let shares = try await flattenOnce(window, followed)
        grow(with: shares, &followed)
    }

    /// Flattens a window, and once more where its new fields get columns.
    private func flatten(
        _ window: WindowPlan, _ followed: inout Followed
    ) async throws(Interruption) -> [FlattenedShare] {
        let shares = try await flattenOnce(window, followed)
        guard mayGrow(followed), grow(with: shares, &followed) else { return shares }
        return try await flattenOnce(WindowPlan(repeating: shares.map(\.ranges)), followed)
    }

    func flattenOnce(
        _ window: WindowPlan, _ followed: Followed
    ) async throws(Interruption) -> [FlattenedShare] {
        let shares: [FlattenedShare]
        do throws(ReadError) {
            shares = try await window.flatten(
                store, followed.plan, source: followed.identity.source)
        } catch { throw .trouble(.read(error)) }
        // A task that was cancelled has stopped anywhere, and its columns are no one's.
        guard !Task.isCancelled else { throw .cancelled }
        return shares
    }

    /// Each change of a table's columns fails the transactions of others, so there is at most one a
    /// minute; a table younger than that has no others yet.
    private func mayGrow(_ followed: Followed) -> Bool {
        // A table that is not there yet gets all its columns at once.
        guard followed.progress[.parent] != nil else { return true }
        let now = clock.read().boot
        let interval = definition.flush.growthInterval
        if let created = followed.createdAt, now - created < interval { return true }
        guard let grown = followed.grownAt else { return true }
        return now - grown >= interval
    }

    /// Gives columns to the fields that were discovered. False when there is nothing new.
    @discardableResult
    private func grow(with shares: [FlattenedShare], _ followed: inout Followed) -> Bool {
        var discoveries = Discoveries()
        for share in shares { discoveries.merge(share.rows.discoveries) }
        guard !discoveries.isEmpty else { return false }
        let foreign = followed.growth.tables.map { layout -> [String] in
            let own = Set(layout.schema.fields.map(\.name))
            let table = followed.tables[TableName(layoutNamed: layout.name)]
            return table?.schema.fields.map(\.name).filter { !own.contains($0) } ?? []
        }
        guard let change = followed.growth.grow(with: discoveries, avoiding: foreign) else {
            return false
        }
        followed.plan = FlattenPlan(followed.growth)
        followed.grownAt = clock.read().boot
        followed.memory.growth.append(
            GrowthEntry(change: change.encoded, starts: followed.positions))
        if followed.memory.growth.count > FeedMemory.growthCountMax {
            followed.memory.growth = [
                GrowthEntry(change: followed.growth.record.encoded, starts: followed.positions)
            ]
        }
        let notices = followed.growth.notices.map { "\($0)" }
        board.withLock { board in for notice in notices { board.note(notice) } }
        return true
    }

    // MARK: What was stepped over

    /// Makes gaps durable that only reading has shown.
    private func record(_ gaps: [StepOver]) async throws(Interruption) {
        let found = gaps.filter(\.isNew)
        for gap in gaps {
            let text =
                "partition \(gap.id.index): \(gap.gap.offsets.lowerBound) to "
                + "\(gap.gap.offsets.upperBound) are missing (\(gap.gap.reason))"
            board.withLock { $0.note(text) }
        }
        if !found.isEmpty { try await store.record(found) }
    }
}
