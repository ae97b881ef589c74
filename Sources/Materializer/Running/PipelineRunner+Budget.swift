internal import DeltaTable
internal import StreamLog
internal import Synchronization

/// Keeping to the budget of the tables. At it dead files go first, then the oldest rows of tables
/// that have a retention if the policy drops the oldest, and else the pipeline waits: its events
/// are in the log.
extension PipelineRunner {
    /// So often a pipeline tries to make room, in milliseconds.
    private static let reliefInterval: Int64 = 60_000
    /// A dead file is kept so long for those that read it, in milliseconds; where nothing can be
    /// written any more only for as long as a query of a moment ago may take.
    private static let deadFileAge: Int64 = 3_600_000
    private static let deadFileAgeLeast: Int64 = 60_000

    /// Makes room where it is tight.
    func keepBudget(of followed: inout Followed) async {
        space.measureIfDue(definition.root)
        guard space.isTight else { return }
        let now = clock.read()
        guard now.boot - (followed.relievedAt ?? .min / 2) >= Self.reliefInterval else { return }
        followed.relievedAt = now.boot
        await relieve(&followed, now.wall)
        space.measure(definition.root)
        noteUse(of: followed)
    }

    /// Takes room for what a plan commits, before anything names its files. Where there is none
    /// they go at once; those that do not go when the pipeline looks at its tables again.
    func takeSpace(for plan: Plan, _ followed: Followed) async throws(Interruption) {
        // A commit is a file of the log as well, of about so much.
        let logged = 2 * TableSpace.allocation(of: 1)
        let byteCount = plan.commits.reduce(0) { sum, commit in
            commit.files.reduce(sum + logged) { $0 + TableSpace.allocation(of: $1.byteCount) }
        }
        guard let shortage = space.take(byteCount, at: definition.root) else { return }
        for commit in plan.commits {
            for file in commit.files {
                try? await followed.tables[commit.table]?.removeFile(file.path)
            }
        }
        throw .trouble(.tablesFull(shortage))
    }

    /// How many bytes of rows a flush may have: they take no more as files.
    func fitting(_ byteCount: Int) -> Int {
        min(byteCount, max(1 << 20, Int(clamping: space.room)))
    }

    /// Refuses an order that writes so much anew where that has no room.
    func requireRoom(for byteCount: Int64) throws(Interruption) {
        space.measure(definition.root)
        let left = space.room
        guard byteCount <= left else { throw .refused(.noRoom(needed: byteCount, left: left)) }
    }

    /// Says what the tables take, as far as that is known.
    func noteUse(of followed: Followed) {
        for (name, byteCount) in followed.liveByteCounts {
            space.note(live: byteCount, in: name.root(of: definition.root))
        }
        let live = followed.liveByteCounts.values.reduce(0, +)
        let all = space.byteCount(at: definition.root)
        board.withLock { board in
            board.liveByteCount = live
            board.diskByteCount = all
        }
    }

    /// Nothing here stops the pipeline: what fails is said, and tried again another time.
    private func relieve(_ followed: inout Followed, _ now: Int64) async {
        do throws(TableError) {
            if space.trimsRows, definition.care.retentionAge != nil {
                try await trimToBudget(&followed, now)
            }
            let age = space.shortage == nil ? Self.deadFileAge : Self.deadFileAgeLeast
            for (name, known) in followed.tables {
                var table = known
                _ = try await table.vacuum(
                    VacuumOptions(
                        retention: age, isShortRetentionAllowed: true, isRemovedOnly: true))
                followed.tables[name] = table
            }
        } catch { board.withLock { $0.note("making room in the tables: \(error)") } }
    }

    /// Removes the oldest files of all tables together, so that parents and children keep the same
    /// time.
    private func trimToBudget(
        _ followed: inout Followed, _ now: Int64
    ) async throws(TableError) {
        var all: [(table: TableName, file: AddFile)] = []
        for (name, table) in followed.tables {
            let files = try await table.files()
            followed.liveByteCounts[name] = TableSpace.allocation(of: files)
            all += files.map { (name, $0) }
        }
        noteUse(of: followed)
        let live = followed.liveByteCounts.values.reduce(0, +)
        guard let kept = space.kept(ofLive: live) else { return }
        var care = TableCare()
        care.byteCountMax = kept
        let expired = Retention(care).expired(
            all.map { ($0.file.modificationTime, TableSpace.allocation(of: $0.file.byteCount)) },
            now: now)
        for name in Set(expired.map { all[$0].table }) {
            guard var table = followed.tables[name] else { continue }
            let files = expired.map { all[$0] }.filter { $0.table == name }.map(\.file)
            try await remove(files, from: &table)
            followed.tables[name] = table
            followed.remember(name, at: try await table.position(), [])
            followed.liveByteCounts[name]? -= TableSpace.allocation(of: files)
        }
    }
}

extension TableSpace {
    /// What files take of their volume together.
    static func allocation(of files: [AddFile]) -> Int64 {
        files.reduce(0) { $0 + allocation(of: $1.byteCount) }
    }
}
