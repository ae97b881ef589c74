/// What the tables of all pipelines take of their volume, and what they may take. No clock, no I/O.
///
///     0 ────────── 3/4 ────── 7/8 ────── 15/16 ── limit
///                   │          │           │        └ what would go beyond is not written
///                   │          │           └ so much has to be free again before it is
///                   │          └ from here on dead files go, and old rows where they may
///                   └ down to here
///
/// Directories are counted once, whoever looks at them. A dead file is one that a commit removed
/// and that is still there for those that read an older version.
struct TableBudget: Sendable {
    /// What one table's directory holds, in bytes of its volume.
    struct Use: Equatable, Sendable {
        /// Everything below it.
        var byteCount: Int64 = 0
        /// Its data files alone, dead ones among them.
        var dataByteCount: Int64 = 0
    }

    /// In bytes; `Int64.max` is no limit.
    let byteCountMax: Int64
    private var uses: [String: Use] = [:]
    private var live: [String: Int64] = [:]
    /// What was taken since somebody looked.
    private var taken: Int64 = 0
    /// The room that a refused flush waits for.
    private var awaited: Int64?

    init(byteCountMax: Int64) { self.byteCountMax = max(0, byteCountMax) }

    var usedByteCount: Int64 { uses.values.reduce(0) { $0 + $1.byteCount } }

    /// What is left when the dead files are gone.
    private var lastingByteCount: Int64 {
        uses.reduce(0) { sum, use in
            let dead = live[use.key].map { max(0, use.value.dataByteCount - $0) } ?? 0
            return sum + use.value.byteCount - dead
        }
    }

    private func share(_ part: Int64, of whole: Int64) -> Int64 {
        byteCountMax / whole * part + byteCountMax % whole * part / whole
    }

    // MARK: What is there

    /// Somebody has looked at the tables at `root`: these are all that are there.
    mutating func measured(_ found: [String: Use], at root: String) {
        uses = uses.filter { !Self.belongs($0.key, to: root) }
        uses.merge(found) { $1 }
        live = live.filter { uses[$0.key] != nil }
        taken = 0
    }

    /// What the live files of a table take.
    mutating func note(live byteCount: Int64, in directory: String) {
        guard uses[directory] != nil else { return }
        live[directory] = byteCount
    }

    /// Whether so much was written since somebody looked that somebody should.
    var isStale: Bool { byteCountMax < .max && taken > share(1, of: 64) }

    /// What the tables at `root` take, whoever else counts them among his.
    func byteCount(at root: String) -> Int64 {
        uses.reduce(0) { $0 + (Self.belongs($1.key, to: root) ? $1.value.byteCount : 0) }
    }

    /// Parents, children and quarantines, and what lies in their directories.
    private static func belongs(_ directory: String, to root: String) -> Bool {
        guard directory.hasPrefix(root) else { return false }
        let next = directory.dropFirst(root.count).first
        return next == nil || next == "_" || next == "/"
    }

    // MARK: What may come

    /// Takes room for files. Where there is none the answer says so, and nobody gets any before
    /// there is. A little stays free for what tables write beside their rows, such as checkpoints.
    mutating func take(_ byteCount: Int64, at root: String) -> TableShortage? {
        if let shortage { return shortage }
        let used = usedByteCount
        let needed = byteCount + share(1, of: 64)
        guard needed <= byteCountMax - used else {
            awaited = needed
            return TableShortage(
                usedByteCount: used, byteCountMax: byteCountMax, neededByteCount: needed)
        }
        awaited = nil
        taken += byteCount
        uses[root, default: Use()].byteCount += byteCount
        uses[root, default: Use()].dataByteCount += byteCount
        live[root]? += byteCount
        return nil
    }

    /// How much `take` would give now, in bytes.
    var room: Int64 { max(0, byteCountMax - usedByteCount - share(1, of: 64)) }

    /// Whether dead files, and rows where they may, have to go.
    var isTight: Bool { usedByteCount > share(7, of: 8) || shortage != nil }

    /// Why nothing is to be written now; nil when there is room.
    ///
    /// WHY: a sixteenth has to be free again, because else each small file that goes would let one
    /// flush through, and the pipelines would come and go.
    var shortage: TableShortage? {
        let used = usedByteCount
        let isOver = used > byteCountMax
        guard isOver || awaited != nil else { return nil }
        let needed = min(byteCountMax, max(awaited ?? 1, share(1, of: 16)))
        guard used > byteCountMax - needed else { return nil }
        return TableShortage(
            usedByteCount: used, byteCountMax: byteCountMax, neededByteCount: needed)
    }

    /// How much of the live bytes of a pipeline may stay; nil when all of them may.
    func kept(ofLive byteCount: Int64) -> Int64? {
        let lasting = lastingByteCount
        // Who waits for room gets it, also where the dead files alone do not make enough.
        let allowed = min(share(7, of: 8), byteCountMax - (shortage?.neededByteCount ?? 0))
        guard lasting > allowed else { return nil }
        let goal = min(share(3, of: 4), allowed)
        return Int64(Double(byteCount) * Double(goal) / Double(lasting))
    }
}

/// The tables take what they may, and get no more before some of it is free.
package struct TableShortage: Error, Equatable, Sendable {
    /// What they take, in bytes.
    package let usedByteCount: Int64
    /// What they may take, in bytes.
    package let byteCountMax: Int64
    /// How much of that has to be free, in bytes.
    package let neededByteCount: Int64
}

extension TableShortage: CustomStringConvertible {
    /// What is full, and what to do about it.
    package var description: String {
        "the tables take \(usedByteCount) of \(byteCountMax) bytes, and go on when "
            + "\(neededByteCount) are free: raise tables.budget, or vacuum tables; under "
            + "drop-oldest, tables.retention lets their oldest rows go"
    }
}
