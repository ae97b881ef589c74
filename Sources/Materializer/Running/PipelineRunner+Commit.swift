internal import Columns
internal import DeltaTable
internal import JSONFlattening
internal import StreamLog
internal import StreamModel
internal import Synchronization

/// A plan and its commits. The order is what makes it exactly once: the plan is in the log before
/// the first commit, each commit moves its table's cursor, and the log's position comes last.
extension PipelineRunner {
    func run(_ plan: Plan, _ followed: inout Followed) async throws(Interruption) {
        if plan.commits.isEmpty { return try await move(past: plan, &followed) }
        followed.progress.plan = plan
        followed.progress.isPlanDone = false
        try await keep(followed, .withMemory)
        try await finish(plan, in: plan.commits.map(\.table), of: &followed)
    }

    /// Makes the commits of a plan that these tables lack, and moves the log's position.
    func finish(
        _ plan: Plan, in tables: [TableName], of followed: inout Followed
    ) async throws(Interruption) {
        for planned in plan.commits {
            if tables.contains(planned.table) {
                try await commit(planned, of: plan, &followed)
            } else {
                try await note(planned, of: plan, &followed)
            }
        }
        try await move(past: plan, &followed)
    }

    private func commit(
        _ planned: PlannedCommit, of plan: Plan, _ followed: inout Followed
    ) async throws(Interruption) {
        let name = planned.table
        guard var table = followed.tables[name], let schema = followed.schema(of: name) else {
            throw .pause(Pause(.missing, at: name.suffix))
        }
        let append = Append(
            files: planned.files, transactions: followed.marks(over: plan.ranges),
            newFields: schema.fields, schema: schema, info: info(planned, of: plan))
        let outcome: CommitOutcome
        let begun = clock.read().boot
        do throws(TableError) { outcome = try await table.commit(append) } catch {
            throw .trouble(Trouble(error, at: name))
        }
        let duration = clock.read().boot - begun
        followed.tables[name] = table
        switch outcome {
        case .committed(let receipt):
            followed.remember(name, at: receipt.position, plan.ranges)
            let byteCount = planned.files.reduce(0) { $0 + $1.byteCount }
            board.withLock { board in
                board.commitCount += 1
                board.commitMilliseconds += duration
                if name != .quarantine { board.rowCount += planned.rowCount }
                board.fileByteCount += byteCount
            }
            observe?(
                .commit(
                    pipeline: definition.name.text, table: name.suffix, milliseconds: duration))
            followed.commitsSinceCare[name, default: 0] += 1
            followed.liveByteCounts[name, default: 0] += TableSpace.allocation(of: planned.files)
        case .refused(let conflict): throw interruption(conflict, at: name, plan)
        }
    }

    /// A table that had the commit before the log knew.
    private func note(
        _ planned: PlannedCommit, of plan: Plan, _ followed: inout Followed
    ) async throws(Interruption) {
        guard let table = followed.tables[planned.table] else { return }
        do throws(TableError) {
            followed.remember(planned.table, at: try await table.position(), plan.ranges)
        } catch { throw .trouble(Trouble(error, at: planned.table)) }
    }

    private func interruption(
        _ conflict: Conflict, at name: TableName, _ plan: Plan
    ) -> Interruption {
        switch conflict {
        case .transactionMoved(let application, let version):
            let partition = CursorName(application)?.partition ?? 0
            return .pause(
                Pause(
                    .cursorMoved(
                        partition: partition, table: version,
                        log: plan.range(of: partition)?.lowerBound ?? 0), at: name.suffix))
        case .columnChanged(let column):
            return .pause(Pause(.columnChanged(column), at: name.suffix))
        case .tableReplaced: return .pause(Pause(.recreated(tableID: ""), at: name.suffix))
        case .featureRefused(let refusal): return .trouble(.refused(name.suffix, refusal))
        case .ownCommitLost(let version), .rowsChanged(let version),
            .metadataChanged(let version):
            return .pause(Pause(.commitReplaced(version: version), at: name.suffix))
        case .fileRemoved: return .trouble(.table(name.suffix, .noTable))
        }
    }

    /// The tables have it: now the log may forget.
    private func move(past plan: Plan, _ followed: inout Followed) async throws(Interruption) {
        for range in plan.ranges {
            followed.positions[Int(range.partition)] = range.offsets.upperBound
        }
        followed.progress.isPlanDone = true
        let positions = plan.ranges.map { (partition: $0.partition, offset: $0.offsets.upperBound) }
        try await keep(followed, .progress, positions: positions)
    }

    // MARK: What a commit says of itself

    private func info(_ planned: PlannedCommit, of plan: Plan) -> [JSON.Member] {
        let now = clock.read().wall
        var members = [
            JSON.Member("plan", .number(String(plan.serial))),
            JSON.Member("table", .string(planned.table.suffix)),
            JSON.Member(
                "offsets",
                .array(
                    plan.ranges.map { range in
                        .array(
                            [
                                Int64(range.partition), range.offsets.lowerBound,
                                range.offsets.upperBound,
                            ].map { .number(String($0)) })
                    })),
            JSON.Member("events", .number(String(plan.counts.events))),
            JSON.Member("rows", .number(String(planned.rowCount))),
            JSON.Member("rescued", .number(String(plan.counts.rescued))),
            JSON.Member("quarantined", .number(String(plan.counts.quarantined))),
            JSON.Member("missing", .number(String(plan.counts.missing))),
        ]
        if let newest = plan.newestAppend {
            members.append(JSON.Member("newestAge", .number(String(max(0, now - newest)))))
        }
        return [JSON.Member("millrace", .object(members))]
    }

    func report(
        _ plan: Plan, _ shares: [FlattenedShare], _ followed: Followed, begunAt begun: SystemTime
    ) {
        let names = followed.growth.tables.map(\.name)
        let now = clock.read()
        let oldest = shares.compactMap(\.appends?.lowerBound).min()
        let rescues = shares.flatMap(\.rows.rescues)
        let flush = PipelineStatistics.Flush(
            end: now.wall, duration: now.boot - begun.boot,
            newestAge: plan.newestAppend.map { now.wall - $0 },
            oldestAge: oldest.map { now.wall - $0 })
        observe?(.flush(pipeline: definition.name.text, flush))
        board.withLock { board in
            board.counts = board.counts + plan.counts
            board.flushCount += 1
            for rescue in rescues {
                let column = rescue.column ?? rescue.path.joined(separator: ".")
                let name = "\(names[rescue.table]).\(column)"
                guard board.rescues[name] != nil
                    || board.rescues.count < PipelineStatistics.rescueCountMax
                else { continue }
                board.rescues[name, default: 0] += Int64(rescue.count)
            }
            board.lastFlush = flush
        }
    }
}

extension Followed {
    mutating func remember(
        _ name: TableName, at position: TablePosition, _ ranges: [PartitionRange]
    ) {
        guard let index = progress.tables.firstIndex(where: { $0.table == name }) else { return }
        progress.tables[index].position = position
        progress.tables[index].reach(ranges)
    }
}
