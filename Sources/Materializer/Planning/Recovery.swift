package import DeltaTable

/// What a table says of itself, when it is looked at.
package enum Sighting: Equatable, Sendable {
    case missing
    case found(TableSighting)
}

/// A table as it was found.
package struct TableSighting: Equatable, Sendable {
    /// Its newest commit.
    package let position: TablePosition
    /// The pipeline's cursors in it, by partition.
    package let reached: [Int64?]
    /// What others did since we left it.
    package let anomalies: [TableAnomaly]

    /// `anomalies` come gravest first.
    package init(position: TablePosition, reached: [Int64?], anomalies: [TableAnomaly] = []) {
        self.position = position
        self.reached = reached
        self.anomalies = anomalies
    }

    /// The pipeline's cursor of a partition; nil when the table has none.
    package func reached(_ partition: UInt32) -> Int64? {
        Int(partition) < reached.count ? reached[Int(partition)] : nil
    }
}

/// Where a pipeline goes on, from what the log remembers and the tables say. **The table wins**:
/// the log's word is only how to find out what happened to the table.
///
///     plan pending?  ── yes ──▶ tables that have it: fine; the others: commit it again
///          │ no
///          ▼
///     cursors as we left them? ── yes ──▶ go on at the log's position
///          │ no: ahead of the log ──▶ the log was set back: go on there, if it has that
///          ▼
///     a named anomaly, and the operator chooses
package struct Recovery: Sendable {
    /// What to do next.
    package enum Decision: Equatable, Sendable {
        /// Go on, reading from these offsets.
        case follow(from: [Int64])
        /// Make the commits of the pending plan that these tables lack, and then go on.
        case finish(Plan, in: [TableName])
        case pause(Pause)
    }

    /// How far the log says that the pipeline has got, and where each partition ends.
    package var positions: [Int64]
    /// One for each partition: the offset that the next event gets.
    package var ends: [Int64]
    /// The log's word on tables and plan.
    package var progress: FeedProgress
    /// A table that is not in it counts as missing.
    package var sightings: [TableName: Sighting]

    /// `positions` and `ends` have one entry for each partition of the stream.
    package init(
        positions: [Int64], ends: [Int64], progress: FeedProgress,
        sightings: [TableName: Sighting]
    ) {
        self.positions = positions
        self.ends = ends
        self.progress = progress
        self.sightings = sightings
    }

    /// Says what to do, and does nothing. The same findings give the same decision.
    package func decide() -> Decision {
        var unfinished: [TableName] = []
        for memory in progress.tables {
            guard case .found(let sighting) = sightings[memory.table] ?? .missing else {
                return .pause(Pause(.missing, at: memory.table.suffix))
            }
            if needsPlan(memory, sighting) {
                unfinished.append(memory.table)
            } else if let anomaly = anomaly(of: memory, sighting) {
                return .pause(Pause(anomaly, at: memory.table.suffix))
            }
        }
        if let plan = progress.plan, !unfinished.isEmpty || !progress.isPlanDone {
            return .finish(plan, in: unfinished)
        }
        return follow()
    }

    // MARK: One table

    /// Whether the newest plan names a commit that the table does not have.
    ///
    /// That is so after a crash, and after another writer put its commit over ours.
    private func needsPlan(_ memory: TableMemory, _ sighting: TableSighting) -> Bool {
        guard let plan = progress.plan,
            plan.commits.contains(where: { $0.table == memory.table }),
            sighting.position.tableID == memory.position.tableID
        else { return false }
        let isAtStart = plan.ranges.allSatisfy { range in
            (sighting.reached(range.partition) ?? 0) <= range.offsets.lowerBound
        }
        guard isAtStart else { return false }
        if !progress.isPlanDone { return gravest(sighting, except: Self.isOurLoss) == nil }
        return sighting.anomalies.contains { Self.isReplaced($0) }
            && gravest(sighting, except: Self.isOurLoss) == nil
    }

    private func anomaly(of memory: TableMemory, _ sighting: TableSighting) -> Anomaly? {
        if let found = gravest(sighting, except: { _ in false }) { return found }
        for partition in positions.indices {
            let index = UInt32(partition)
            let left = memory.reached(index)
            let found = sighting.reached(index)
            guard found != left else { continue }
            if let planned = progress.plan?.range(of: index), found == planned.upperBound {
                continue
            }
            guard let found else { return .cursorGone(partition: index) }
            if let left, found < left {
                return .cursorMoved(partition: index, table: found, log: left)
            }
            if found > ends[partition] {
                return .logBehindTable(partition: index, table: found, log: ends[partition])
            }
        }
        return nil
    }

    /// The gravest thing somebody did to the table that the operator has to know of.
    private func gravest(
        _ sighting: TableSighting, except isExplained: (TableAnomaly) -> Bool
    ) -> Anomaly? {
        for anomaly in sighting.anomalies where !isExplained(anomaly) {
            switch anomaly {
            case .recreated(let id): return .recreated(tableID: id)
            case .wentBack(let version), .restored(let version):
                return .restored(version: version)
            case .commitReplaced(let version): return .commitReplaced(version: version)
            case .overwritten(let version), .removedTwice(let version):
                return .overwritten(version: version)
            // The cursors are compared one by one; deleted rows and a cleaned log are the right of
            // whoever keeps the table.
            case .cursorMovedBack, .historyGone, .rowsChanged: continue
            }
        }
        return nil
    }

    private static func isOurLoss(_ anomaly: TableAnomaly) -> Bool {
        if case .cursorMovedBack = anomaly { return true }
        return isReplaced(anomaly)
    }

    private static func isReplaced(_ anomaly: TableAnomaly) -> Bool {
        if case .commitReplaced = anomaly { return true }
        return false
    }

    // MARK: All tables

    /// The parent is committed last: what it has, all have. So its cursor may be ahead of the log
    /// only together with theirs.
    private func follow() -> Decision {
        var from = positions
        if case .found(let parent) = sightings[.parent] ?? .missing {
            for partition in positions.indices {
                let index = UInt32(partition)
                guard let found = parent.reached(index) else { continue }
                guard found <= ends[partition] else {
                    return .pause(Pause(behind(index, found), at: ""))
                }
                from[partition] = max(from[partition], found)
            }
        }
        for (name, sighting) in sightings.sorted(by: { Plan.order($0.key, $1.key) }) {
            guard name != .parent, case .found(let other) = sighting else { continue }
            for partition in from.indices {
                let index = UInt32(partition)
                guard let found = other.reached(index), found > from[partition] else { continue }
                return .pause(Pause(behind(index, found), at: name.suffix))
            }
        }
        return .follow(from: from)
    }

    private func behind(_ partition: UInt32, _ found: Int64) -> Anomaly {
        .logBehindTable(partition: partition, table: found, log: ends[Int(partition)])
    }
}
