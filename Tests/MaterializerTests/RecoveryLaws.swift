import DeltaTable
import TestKit
import Testing

@testable import Materializer

/// The protocol of plan, commits and position, played with three tables that remember only which
/// offsets they have. Every crash point of every small history is tried.
@Suite("Materializer: recovery", .proves(.landsOnce))
struct RecoveryLaws {
    /// One step of a flush.
    private enum Step: CaseIterable { case plan, quarantine, child, parent, position }

    /// The world after a crash: what the log and the tables have.
    private struct World {
        var position: Int64 = 0
        var progress = FeedProgress()
        /// Per table its cursor, and each offset once for each time it was committed.
        var cursors: [TableName: Int64] = [:]
        var rows: [TableName: [Int64]] = [:]
        var versions: [TableName: Int64] = [:]

        static let tables: [TableName] = [.quarantine, .child("c"), .parent]

        init() {
            for table in Self.tables {
                progress.tables.append(
                    TableMemory(table: table, position: Self.named(table, 0), reached: [nil]))
                versions[table] = 0
                rows[table] = []
            }
        }

        static func named(_ table: TableName, _ version: Int64) -> TablePosition {
            TablePosition(tableID: table.suffix, version: version, transactionID: "\(version)")
        }

        mutating func take(_ step: Step, of plan: Plan) {
            switch step {
            case .plan:
                progress.plan = plan
                progress.isPlanDone = false
            case .quarantine: commit(.quarantine, plan)
            case .child: commit(.child("c"), plan)
            case .parent: commit(.parent, plan)
            case .position:
                for name in Self.tables where plan.commits.contains(where: { $0.table == name }) {
                    guard let place = progress.tables.firstIndex(where: { $0.table == name })
                    else { continue }
                    progress.tables[place].position = Self.named(name, versions[name] ?? 0)
                    progress.tables[place].reach(plan.ranges)
                }
                progress.isPlanDone = true
                position = plan.ranges[0].offsets.upperBound
            }
        }

        mutating func commit(_ table: TableName, _ plan: Plan) {
            guard plan.commits.contains(where: { $0.table == table }) else { return }
            let range = plan.ranges[0].offsets
            cursors[table] = range.upperBound
            rows[table]? += Array(range)
            versions[table]? += 1
        }

        func recovery(end: Int64, anomalies: [TableName: [TableAnomaly]] = [:]) -> Recovery {
            var sightings: [TableName: Sighting] = [:]
            for table in Self.tables {
                sightings[table] = .found(
                    TableSighting(
                        position: Self.named(table, versions[table] ?? 0),
                        reached: [cursors[table]], anomalies: anomalies[table] ?? []))
            }
            return Recovery(
                positions: [position], ends: [end], progress: progress, sightings: sightings)
        }
    }

    private static func plan(
        _ serial: UInt64, _ range: Range<Int64>, _ tables: [TableName]
    ) -> Plan {
        Plan(
            serial: serial, ranges: [PartitionRange(0, range)],
            commits: tables.map { PlannedCommit(table: $0, files: [], rowCount: 1) },
            counts: EventTally(events: 1), newestAppend: nil)
    }

    /// Which tables have rows in a flush; the parent always takes part.
    private static let shapes: [[TableName]] = [
        [.parent], [.child("c"), .parent], [.quarantine, .parent],
        [.quarantine, .child("c"), .parent],
    ]

    @Test
    func `after a crash at any step each offset is in each table once`() {
        for first in Self.shapes {
            for second in Self.shapes {
                for crash in 0...Step.allCases.count {
                    var world = World()
                    let plan = Self.plan(1, 0..<3, first)
                    for step in Step.allCases { world.take(step, of: plan) }
                    let next = Self.plan(2, 3..<7, second)
                    for step in Step.allCases.prefix(crash) { world.take(step, of: next) }

                    heal(&world, end: 7)

                    let reached = crash == 0 ? 3 : 7 as Int64
                    #expect(world.position == reached, "\(first) \(second) \(crash)")
                    for table in World.tables {
                        let before: [Int64] = first.contains(table) ? [0, 1, 2] : []
                        let after: [Int64] =
                            second.contains(table) && crash > 0 ? [3, 4, 5, 6] : []
                        let wanted = before + after
                        #expect(world.rows[table] == wanted, "\(first) \(second) \(crash)")
                    }
                }
            }
        }
    }

    /// Does what the decision says, which is to be possible.
    private func heal(_ world: inout World, end: Int64) {
        switch world.recovery(end: end).decide() {
        case .follow(let from): #expect(from == [world.position])
        case .finish(let plan, let tables):
            for table in tables { world.commit(table, plan) }
            world.take(.position, of: plan)
        case .pause(let pause): Issue.record("\(pause)")
        }
    }

    @Test
    func `a commit of ours that was overwritten is made again from the last plan`() {
        var world = World()
        let plan = Self.plan(1, 0..<3, [.parent])
        for step in Step.allCases { world.take(step, of: plan) }
        world.cursors[.parent] = nil
        let lost: [TableAnomaly] = [
            .commitReplaced(version: 1),
            .cursorMovedBack(application: "a", version: nil),
        ]

        let decision = world.recovery(end: 3, anomalies: [.parent: lost]).decide()

        #expect(decision == .finish(plan, in: [.parent]))
    }

    @Test
    func `a log that was set back goes on where the parent is`() {
        var world = World()
        for step in Step.allCases { world.take(step, of: Self.plan(1, 0..<3, [.parent])) }
        let old = world
        for step in Step.allCases {
            world.take(step, of: Self.plan(2, 3..<7, [.child("c"), .parent]))
        }
        world.position = old.position
        world.progress = old.progress

        #expect(world.recovery(end: 9).decide() == .follow(from: [7]))
    }

    @Test
    func `a table that is ahead of the log's end is named`() {
        var world = World()
        for step in Step.allCases { world.take(step, of: Self.plan(1, 0..<3, [.parent])) }
        world.progress = FeedProgress()
        world.position = 0

        let expected = Pause(.logBehindTable(partition: 0, table: 3, log: 2), at: "")
        #expect(world.recovery(end: 2).decide() == .pause(expected))
    }

    @Test(arguments: [
        (TableAnomaly.recreated(tableID: "x"), Anomaly.recreated(tableID: "x")),
        (.restored(version: 4), .restored(version: 4)),
        (.wentBack(version: 2), .restored(version: 2)),
        (.overwritten(version: 5), .overwritten(version: 5)),
        (.commitReplaced(version: 6), .commitReplaced(version: 6)),
    ])
    func `what others did to a table is named`(found: TableAnomaly, named: Anomaly) {
        for crash in 0..<Step.allCases.count {
            var world = World()
            for step in Step.allCases { world.take(step, of: Self.plan(1, 0..<3, [.parent])) }
            let next = Self.plan(2, 3..<7, [.parent])
            for step in Step.allCases.prefix(crash) { world.take(step, of: next) }

            let decision = world.recovery(end: 9, anomalies: [.parent: [found]]).decide()

            let isHealed = crash > 0 && crash < 4 && named.name == "commit-replaced"
            if !isHealed { #expect(decision == .pause(Pause(named, at: "")), "\(crash)") }
        }
    }

    @Test
    func `a table that is gone, or has lost or turned back its cursor, is named`() {
        var world = World()
        for step in Step.allCases { world.take(step, of: Self.plan(1, 0..<3, [.parent])) }
        var missing = world.recovery(end: 3)
        missing.sightings[.parent] = .missing
        var gone = world
        gone.cursors[.parent] = nil
        var moved = world
        moved.cursors[.parent] = 1

        #expect(missing.decide() == .pause(Pause(.missing, at: "")))
        #expect(gone.recovery(end: 3).decide() == .pause(Pause(.cursorGone(partition: 0), at: "")))
        #expect(
            moved.recovery(end: 3).decide()
                == .pause(Pause(.cursorMoved(partition: 0, table: 1, log: 3), at: "")))
    }

    @Test
    func `deleted rows and a cleaned log stop nobody`() {
        var world = World()
        for step in Step.allCases { world.take(step, of: Self.plan(1, 0..<3, [.parent])) }
        let harmless: [TableAnomaly] = [
            .rowsChanged(version: 2, operation: "DELETE"), .historyGone(version: 1),
        ]

        let decision = world.recovery(end: 3, anomalies: [.parent: harmless]).decide()

        #expect(decision == .follow(from: [3]))
    }
}
