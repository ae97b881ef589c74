internal import Bytes
internal import Columns
internal import DeltaTable
internal import JSONFlattening
internal import StreamLog

/// Flattens quarantined events once more, under a mapping that may have been mended.
///
///     rows of the quarantine ▶ flatten ▶ files ▶ record ▶ children, parent ▶ out of the quarantine
///
/// In rounds, each of which takes as many events as memory allows. Whoever finds a record finishes
/// what it says. Each table's `txn` tells whether it has the rows, so an event that can land now is
/// in the table once, and afterwards no longer in the quarantine.
struct Redrive: Sendable {
    let root: String
    let identity: PipelineIdentity
    let growth: SchemaGrowth
    let surroundings: Surroundings
    let random: @Sendable () -> UInt64
    /// A round ends when it has looked at so many rows, lands so many events, or what lands takes
    /// so many bytes in memory.
    var seenCountMax: Int64 = 200_000
    private static let landedCountMax = 50_000
    private static let byteCountMax = 32 << 20

    /// Where a redrive stands.
    struct Report: Equatable, Sendable {
        var landed: Int64 = 0
        var left: Int64 = 0
    }

    /// The cursor that tells which rounds a table has.
    var application: String { "millrace-redrive/\(identity.source)/\(identity.pipeline)" }

    // MARK: One round

    /// Begins: all files of the quarantine as they are now.
    func scan() async throws(Interruption) -> RedriveScan {
        guard let table = try await open(.quarantine) else { return RedriveScan() }
        return RedriveScan(of: try await files(of: table).map { ($0.path, $0.rowCount ?? 0) })
    }

    /// Lands what can land of the next events. False when there are none.
    func step(
        _ scan: inout RedriveScan, _ report: inout Report
    ) async throws(Interruption) -> Bool {
        guard let table = try await open(.quarantine), let place = scan.next() else {
            return false
        }
        guard let file = try await files(of: table).first(where: { $0.path == place.path }) else {
            // Somebody has put the files together: what stays is looked at once more.
            scan = try await self.scan()
            report.left = 0
            return true
        }
        let round = try await flatten(file, from: place.rowCount, of: table)
        let kept = round.seen - Int64(round.landed.count)
        report.left += round.own - Int64(round.landed.count)
        scan.note(seen: round.seen)
        guard !round.landed.isEmpty else {
            scan.goOn(in: round.isAtEnd ? nil : (place.path, place.rowCount + kept))
            return true
        }
        let record = try await prepare(round)
        try keep(record)
        let files = try await finish(record)
        report.landed += Int64(round.landed.count)
        let rest = files[place.path] ?? nil
        scan.goOn(
            in: round.isAtEnd ? nil : rest.map { (path: $0, rowCount: place.rowCount + kept) })
        return true
    }

    /// The events of one round.
    struct Round {
        var rows: FlattenedRows
        var landed: [RedriveRecord.Identity]
        /// Rows that were looked at, and those of them that are of our stream.
        var seen: Int64
        var own: Int64
        var isAtEnd: Bool
    }

    /// Flattens the events of a file behind its first `skipped` rows, as far as a round goes.
    func flatten(
        _ file: AddFile, from skipped: Int64, of table: Table<LocalStorage>
    ) async throws(Interruption) -> Round {
        var flattener = Flattener(FlattenPlan(growth), source: identity.source)
        var landed: [RedriveRecord.Identity] = []
        var (place, seen, own): (Int64, Int64, Int64) = (0, 0, 0)
        func isFull() -> Bool {
            landed.count >= Self.landedCountMax || seen >= seenCountMax
                || flattener.byteCount >= Self.byteCountMax
        }
        do throws(TableError) {
            var rows = table.rows(
                of: [file], columns: ["_source", "_partition", "_offset", "body"])
            while let batch = try await rows.next() {
                guard batch.columns.count == 4 else { throw .schema(.malformed) }
                var cursors = batch.columns.map { ColumnCursor($0) }
                for _ in 0..<batch.rowCount {
                    let values = cursors.indices.map { cursors[$0].next() }
                    place += 1
                    guard place > skipped else { continue }
                    guard !isFull() else {
                        return Round(
                            rows: flattener.take(), landed: landed, seen: seen, own: own,
                            isAtEnd: false)
                    }
                    seen += 1
                    guard case .bytes(let body) = values[3],
                        let identity = RedriveRecord.Identity(values, of: identity.source)
                    else { continue }
                    own += 1
                    let outcome = flattener.flatten(
                        0..<body.count, of: body.rawSpan, partition: identity.partition,
                        offset: identity.offset)
                    if case .quarantined = outcome { continue }
                    landed.append(identity)
                }
            }
        } catch { throw .trouble(Trouble(error, at: .quarantine)) }
        return Round(
            rows: flattener.take(), landed: landed, seen: seen, own: own, isAtEnd: true)
    }

    // MARK: Before the record

    /// Files for the rows of those that land, and a record that names them.
    func prepare(_ round: Round) async throws(Interruption) -> RedriveRecord {
        var commits: [PlannedCommit] = []
        var serial: Int64 = 0
        for (place, layout) in growth.tables.enumerated() {
            let name = TableName(layoutNamed: layout.name)
            let batch = round.rows.batches[place]
            guard let table = try await open(name) else {
                guard batch.rowCount == 0 else {
                    throw .pause(Pause(.missing, at: name.suffix))
                }
                continue
            }
            serial = max(serial, table.transaction(of: application) ?? 0)
            guard batch.rowCount > 0 else { continue }
            let file = try await write(batch, to: table, name)
            commits.append(
                PlannedCommit(table: name, files: [file], rowCount: Int64(batch.rowCount)))
        }
        let plan = Plan(
            serial: UInt64(serial &+ 1), ranges: [],
            commits: commits.sorted { Plan.order($0.table, $1.table) },
            counts: EventTally(events: Int64(round.landed.count)), newestAppend: nil)
        return RedriveRecord(
            plan: plan, landed: round.landed, mapping: growth.mapping.canonical,
            columns: growth.record.encoded)
    }

    private func write(
        _ batch: ColumnBatch, to table: Table<LocalStorage>, _ name: TableName
    ) async throws(Interruption) -> AddFile {
        for field in batch.schema.fields {
            guard let index = table.schema.index(of: field.name) else { continue }
            guard table.schema.fields[index].type == field.type else {
                throw .pause(Pause(.columnChanged(field.name), at: name.suffix))
            }
        }
        let columns = Schema(
            table.schema.fields
                + batch.schema.fields.filter { table.schema.index(of: $0.name) == nil })
        do throws(TableError) {
            var writer = try await table.dataFile(
                newFields: batch.schema.fields, name: identity.fileName(random))
            do throws(DeltaTable.StorageFault) {
                try await writer.append(batch.arranged(as: columns))
                return try await writer.finish()
            } catch { throw .storage(error) }
        } catch { throw .trouble(Trouble(error, at: name)) }
    }

    func open(_ name: TableName) async throws(Interruption) -> Table<LocalStorage>? {
        do throws(TableError) {
            return try await Table.open(in: LocalStorage(name.root(of: root)), surroundings)
        } catch {
            if case .noTable = error { return nil }
            throw .trouble(Trouble(error, at: name))
        }
    }

    private func files(of table: Table<LocalStorage>) async throws(Interruption) -> [AddFile] {
        do throws(TableError) { return try await table.files() } catch {
            throw .trouble(Trouble(error, at: .quarantine))
        }
    }
}

/// Which rows of the quarantine have not been looked at yet: files, and in the first of them a
/// place. Rows that stay keep their order when the others are taken out of their file.
struct RedriveScan: Sendable {
    private var waiting: [String] = []
    private var current: (path: String, rowCount: Int64)?
    /// How many rows have been looked at, of how many.
    private(set) var seenCount: Int64 = 0
    private(set) var rowCount: Int64 = 0

    init(of files: [(path: String, rowCount: Int64)] = []) {
        waiting = files.map(\.path)
        rowCount = files.reduce(0) { $0 &+ $1.rowCount }
    }

    /// Where to go on: a file, and how many of its rows to step over.
    mutating func next() -> (path: String, rowCount: Int64)? {
        if current == nil, !waiting.isEmpty { current = (waiting.removeFirst(), 0) }
        return current
    }

    mutating func note(seen count: Int64) { seenCount &+= count }

    /// Nil: with the next file.
    mutating func goOn(in place: (path: String, rowCount: Int64)?) { current = place }
}
