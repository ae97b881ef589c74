package import DeltaTable
internal import DurableFiles
package import StreamLog

/// How far one pipeline has got with a partition, by its table, against a log that was salvaged or
/// restored.
package struct TableStanding: Equatable, Sendable {
    /// What the difference means.
    package enum Verdict: String, Sendable {
        /// The table and the log fit: the pipeline goes on at the table's cursor.
        case level
        /// The table has events that the log has lost. They stay, and the pipeline goes on there.
        case ahead
        /// The table is older than the log's word on it: the pipeline pauses and says so.
        case behind
    }

    /// The table's directory.
    package let root: String
    /// Its name.
    package let pipeline: String
    /// Which partition of which stream.
    package let partition: PartitionID
    /// The next offset that the table does not have.
    package let table: Int64
    /// The next offset that the log proves.
    package let log: Int64
    /// What the difference means.
    package let verdict: Verdict
}

/// What is known of a log, to compare tables with.
package struct LogStanding: Sendable {
    let store: StoreID
    let ends: [PartitionID: Int64]
    let feedPositions: [PositionKey: Int64]

    /// `ends` are the offsets after the last proven event, without the jump.
    package init(
        _ store: StoreID, ends: [PartitionID: Int64], feedPositions: [PositionKey: Int64]
    ) {
        self.store = store
        self.ends = ends
        self.feedPositions = feedPositions
    }

    /// Of every table below a directory into which a pipeline of the store has written, in the
    /// order of paths and partitions. What cannot be read is left out: `verify --tables` names it.
    package func standings(
        ofTablesBelow path: String, _ surroundings: Surroundings
    ) async -> [TableStanding] {
        var standings: [TableStanding] = []
        for root in TableDirectories.roots(below: path) {
            guard let table = try? await Table.open(in: LocalStorage(root), surroundings) else {
                continue
            }
            let cursors = Prover.newestCursors(of: table).filter { $0.key.store == store }
            for (cursor, offset) in cursors.values.flatMap(\.self) {
                standings.append(standing(of: cursor, offset, root))
            }
        }
        return standings.sorted {
            ($0.root, $0.pipeline, $0.partition) < ($1.root, $1.pipeline, $1.partition)
        }
    }

    private func standing(of cursor: CursorName, _ offset: Int64, _ root: String) -> TableStanding {
        let id = PartitionID(cursor.incarnation, cursor.partition)
        let end = ends[id] ?? 0
        let key = PositionKey(kind: .feed, name: cursor.pipeline, partition: id)
        let verdict: TableStanding.Verdict =
            offset > end ? .ahead : offset < feedPositions[key] ?? 0 ? .behind : .level
        return TableStanding(
            root: root, pipeline: cursor.pipeline, partition: id, table: offset, log: end,
            verdict: verdict)
    }
}

/// Where tables are.
package enum TableDirectories {
    /// How deep below a directory they, and what they hold, are looked for.
    static let depthMax = 4

    /// The directories that have a Delta log, sorted; links are not followed.
    package static func roots(below path: String) -> [String] {
        var roots: [String] = []
        search(path, depth: 0, &roots)
        return roots.sorted()
    }

    private static func search(_ path: String, depth: Int, _ roots: inout [String]) {
        guard let directory = try? Directory(path), let names = try? directory.names() else {
            return
        }
        if names.contains("_delta_log") { return roots.append(path) }
        guard depth < depthMax else { return }
        for name in names where (try? directory.ownStatus(of: name))??.isDirectory ?? false {
            search(directory.path(of: name), depth: depth + 1, &roots)
        }
    }
}
