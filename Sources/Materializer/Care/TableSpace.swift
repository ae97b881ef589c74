internal import DurableFiles
internal import Synchronization

/// The budget that the tables of all pipelines share, and the looking at their directories. May be
/// used from anywhere.
final class TableSpace: Sendable {
    /// Whether rows go at the budget, of tables that have a retention.
    let trimsRows: Bool
    let byteCountMax: Int64
    private let budget: Mutex<TableBudget>

    init(_ limits: MachineLimits) {
        byteCountMax = limits.tableByteCountMax ?? .max
        trimsRows = limits.atTableBudget == .dropOldest
        budget = Mutex(TableBudget(byteCountMax: byteCountMax))
    }

    /// Looks at what the tables at `root` take. Blocks for as long as listing them takes.
    func measure(_ root: String) {
        let found = TableDirectories.uses(ofPipelineAt: root)
        budget.withLock { $0.measured(found, at: root) }
    }

    /// Looks where it has to be known: when room is waited for, and after much was written.
    func measureIfDue(_ root: String) {
        if budget.withLock({ $0.isStale || $0.shortage != nil }) { measure(root) }
    }

    func note(live byteCount: Int64, in directory: String) {
        budget.withLock { $0.note(live: byteCount, in: directory) }
    }

    /// Takes room for files of so many bytes together. Nil when it is taken.
    func take(_ byteCount: Int64, at root: String) -> TableShortage? {
        budget.withLock { $0.take(byteCount, at: root) }
    }

    var room: Int64 { budget.withLock { $0.room } }
    var isTight: Bool { budget.withLock { $0.isTight } }
    var shortage: TableShortage? { budget.withLock { $0.shortage } }
    var usedByteCount: Int64 { budget.withLock { $0.usedByteCount } }

    func byteCount(at root: String) -> Int64 { budget.withLock { $0.byteCount(at: root) } }

    func kept(ofLive byteCount: Int64) -> Int64? {
        budget.withLock { $0.kept(ofLive: byteCount) }
    }

    /// What a file takes of its volume: whole blocks.
    static func allocation(of byteCount: Int64) -> Int64 { (max(0, byteCount) + 4095) & ~4095 }
}

extension TableDirectories {
    /// What the table at `root` takes, and each whose directory is beside it and named after it.
    fileprivate static func uses(ofPipelineAt root: String) -> [String: TableBudget.Use] {
        let start = root.lastIndex(of: "/").map { root.index(after: $0) } ?? root.startIndex
        let (parent, own) = (String(root[..<start]), String(root[start...]))
        guard let names = try? Directory(parent.isEmpty ? "." : parent).names() else {
            return [:]
        }
        var uses: [String: TableBudget.Use] = [:]
        for name in names where name == own || name.hasPrefix(own + "_") {
            let path = parent + name
            guard let table = try? Directory(path),
                name == own || (try? table.status(of: "_delta_log")) ?? nil != nil
            else { continue }
            var use = TableBudget.Use()
            add(table, depth: 0, isData: true, to: &use)
            uses[path] = use
        }
        return uses
    }

    /// Links count as nothing. What cannot be listed is left out: the next look finds it.
    private static func add(
        _ directory: Directory, depth: Int, isData: Bool, to use: inout TableBudget.Use
    ) {
        guard depth < depthMax, let names = try? directory.names() else { return }
        for name in names {
            guard let status = try? directory.ownStatus(of: name) else { continue }
            let isData = isData && !name.hasPrefix("_") && !name.hasPrefix(".")
            use.byteCount += Int64(status.allocatedByteCount)
            if isData, !status.isDirectory { use.dataByteCount += Int64(status.allocatedByteCount) }
            if status.isDirectory, let inner = try? Directory(directory.path(of: name)) {
                add(inner, depth: depth + 1, isData: isData, to: &use)
            }
        }
    }
}
