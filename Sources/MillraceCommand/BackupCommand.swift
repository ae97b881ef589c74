internal import ArgumentParser
internal import Control
internal import Materializer
internal import StreamLog

/// `millrace backup`: a copy of a store, while it is in use.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy a store, while it is in use, or bring the copy up to date.",
        discussion: """
            A second backup to the same place copies only the segments that are new since the \
            first. The backup is complete when its MANIFEST is written, and stays so while it is \
            brought up to date; one that was interrupted goes on where it stopped. The log is the \
            truth, and tables can be made from it again; where retention has removed what they \
            were made from, --tables copies them, too. Exits with 3 when a segment that was copied \
            is damaged in the store already.
            """)

    @Argument(help: "The directory of the store.")
    var store: String = "./millrace-data"

    @Option(help: "The directory of the backup. Default: STORE-backup.")
    var to: String?

    @Flag(help: "Copy the tables, too.")
    var tables = false

    @Option(help: "Where the tables are. Default: STORE/tables.")
    var tableDirectory: String?

    @Flag(help: "Print one JSON object a line.")
    var json = false

    private var destination: String {
        to ?? (store.last == "/" ? String(store.dropLast()) : store) + "-backup"
    }

    func run() async throws {
        var progress = ProgressLine()
        var copied = 0
        let files = TableContents(below: tableDirectory ?? store + "/tables")
        let start = ContinuousClock.now
        let report: Backup.Report
        do throws(AccessError) {
            report = try await backUpStore(
                at: store, to: destination, tables: { tables ? await files.all() : [] }
            ) { count in
                copied += count
                progress.show(copied >> 20, "MiB")
            }
        } catch {
            progress.end()
            throw CommandFailure(error)
        }
        progress.end()
        for piece in report.damage { try StoreReport.Piece(piece).tell(json: json) }
        for (path, error) in files.unreadable { complain("\(path) is not in the backup: \(error)") }
        try tell(report, ContinuousClock.now - start)
        if !files.unreadable.isEmpty || report.damage.contains(where: { !$0.isHarmless }) {
            throw CommandFailure("", .damageFound)
        }
    }

    private func tell(_ report: Backup.Report, _ time: Duration) throws {
        let seconds = max(0.001, time / .seconds(1))
        let rate = Int(Double(report.copiedByteCount) / seconds) >> 20
        let text =
            "\(destination) is a complete backup of \(report.store): \(report.segmentCount) "
            + "segments, \(report.tableFileCount) files of tables, \(report.byteCount) bytes; "
            + "\(report.copiedCount) files and \(report.copiedByteCount) bytes were new "
            + "(\(rate) MiB/s)"
        try say(text, json: json) { line in
            line.add("backup", destination)
            line.add("store", report.store.description)
            line.add("segments", report.segmentCount)
            line.add("tableFiles", report.tableFileCount)
            line.add("bytes", report.byteCount)
            line.add("copied", report.copiedCount)
            line.add("copiedBytes", report.copiedByteCount)
            line.add("milliseconds", Int(seconds * 1000))
            line.add("damaged", report.damage.count)
        }
    }
}

/// `millrace restore`: a store from a backup.
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Make a store of a backup, after every byte of it has been checked.",
        discussion: """
            The store has the id of the one that was backed up: the original must not be used any \
            more. Every next offset jumps by 2^32, with a gap record, so that nothing which was \
            issued after the backup is issued again; consumers step over the gap. Tables that are \
            ahead of the log or behind it are named. Exits with 3 when the store was damaged \
            already when it was backed up: the rest is there.
            """)

    @Argument(help: "The directory of the backup.")
    var backup: String

    @Option(help: "The directory of the new store, which must not be there yet.")
    var into: String?

    @Flag(help: "Compare the backup with its manifest, and write nothing.")
    var check = false

    @Option(help: "Tables that are not in the backup, to compare with the log.")
    var tables: String?

    @Flag(help: "Print one JSON object a line.")
    var json = false

    func validate() throws {
        guard check != (into != nil) else { throw ValidationError("Say either --into or --check.") }
    }

    func run() async throws {
        let bar = ProgressBar(of: "bytes")
        let report: RestoreReport?
        do throws(CareError) {
            report = try await work { bar.show(Int64($0), Int64($1)) }
            bar.end()
        } catch {
            bar.end()
            let isDamage = if case .backup = error { true } else { false }
            throw CommandFailure(error.description, isDamage ? .damageFound : .failed)
        }
        if let report, let into { try await tell(report, into) } else { try sayWhole() }
    }

    /// Nil when the backup was only looked at.
    private func work(
        progress: (_ done: Int, _ of: Int) -> Void
    ) async throws(CareError) -> RestoreReport? {
        guard let into else {
            try StreamLog.check(backupAt: backup, progress: progress)
            return nil
        }
        return try await StreamLog.restore(
            backupAt: backup, into: into, random: SystemRandomNumberGenerator(),
            progress: progress)
    }

    private func sayWhole() throws {
        try say("\(backup) is whole", json: json) { line in
            line.add("backup", backup)
            line.add("whole", true)
        }
    }

    private func tell(_ report: RestoreReport, _ into: String) async throws {
        for piece in report.damage { try StoreReport.Piece(piece).tell(json: json) }
        for partition in report.partitions {
            let text =
                "\(partition.stream), partition \(partition.id.index): events up to "
                + "\(partition.end), the next offset is \(partition.next)"
            try say(text, json: json) { line in
                line.add("stream", partition.stream)
                line.add("incarnation", partition.id.incarnation.rawValue)
                line.add("partition", partition.id.index)
                line.add("end", partition.end)
                line.add("next", partition.next)
            }
        }
        let ends = Dictionary(report.partitions.map { ($0.id, $0.end) }) { first, _ in first }
        let standing = LogStanding(report.store, ends: ends, feedPositions: report.feedPositions)
        for place in [into + "/tables"] + (tables.map { [$0] } ?? []) {
            for one in await standing.standings(ofTablesBelow: place, machine()) {
                try one.tell(json: json)
            }
        }
        let text =
            "\(into) is the store \(report.store): \(report.segmentCount) segments, "
            + "\(report.tableFileCount) files of tables, \(report.byteCount) bytes"
        try say(text, json: json) { line in
            line.add("store", report.store.description)
            line.add("madeAt", report.madeAt)
            line.add("segments", report.segmentCount)
            line.add("tableFiles", report.tableFileCount)
            line.add("bytes", report.byteCount)
            line.add("damaged", report.damage.count)
        }
        if report.damage.contains(where: { !$0.isHarmless }) {
            throw CommandFailure("", .damageFound)
        }
    }
}
