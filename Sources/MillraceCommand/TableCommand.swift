internal import ArgumentParser
internal import DeltaTable
internal import StreamModel

/// `millrace table`: make, look at and keep Delta tables, whoever writes them.
struct TableCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "table", abstract: "Create, look at and keep Delta tables.",
        subcommands: [
            TableCreate.self, TableDescribe.self, TableHistory.self, TableSchemaCommand.self,
            TableFiles.self, TableOptimize.self, TableVacuum.self, TableCheckpoint.self,
        ])
}

/// What every command about a table takes.
struct TableOptions: ParsableArguments {
    @Argument(help: "The table's directory.")
    var path: String

    @Flag(help: "Print JSON, one object a line.")
    var json = false

    var storage: LocalStorage { LocalStorage(path) }

    /// The machine's clock and its random numbers.
    var surroundings: Surroundings {
        Surroundings(
            now: { Timestamp.current().milliseconds },
            random: { .random(in: .min ... .max) })
    }

    func open() async throws -> Table<LocalStorage> {
        try await naming { () async throws(TableError) in
            try await Table.open(in: storage, surroundings)
        }
    }

    /// Does something with the table, and says of an error which table it is about.
    func naming<Value>(
        _ body: () async throws(TableError) -> Value
    ) async throws -> Value {
        do { return try await body() } catch {
            let status: ExitStatus =
                switch error {
                case .damaged(.noVersion), .damaged(.nothingBefore): .failed
                case .damaged, .dataFile: .damageFound
                default: .failed
                }
            throw CommandFailure("\(path): \(error)" + Self.advice(error), status)
        }
    }

    /// What can be done about it, where that is not plain.
    private static func advice(_ error: TableError) -> String {
        switch error {
        case .noTable: "; `millrace table create` makes one"
        case .unsupported: "; nothing was changed"
        default: ""
        }
    }
}

/// Which version of a table is looked at.
struct VersionOptions: ParsableArguments {
    @Option(help: "Look at this version instead of the newest.")
    var version: Int64?

    @Option(help: "Look at the version of this time, such as 2026-11-24T12:00:00Z.")
    var time: InstantText?

    func validate() throws {
        if version != nil && time != nil {
            throw ValidationError("--version and --time exclude each other.")
        }
    }

    var place: LogPlace {
        if let version { return .version(version) }
        if let time { return .time(time.milliseconds) }
        return .newest
    }
}

/// A date, or a date and a time with or without an offset from UTC.
struct InstantText: ExpressibleByArgument {
    let milliseconds: Int64

    init?(argument: String) {
        guard let parsed = CalendarText.instant(argument) else { return nil }
        milliseconds = parsed
    }
}

/// Rows for people: columns as wide as their widest text, numbers to the right.
struct TextTable {
    private var rows: [[String]]
    private let rightAligned: Set<Int>

    init(_ titles: [String], rightAligned: Set<Int> = []) {
        rows = [titles]
        self.rightAligned = rightAligned
    }

    mutating func append(_ row: [String]) { rows.append(row) }

    func print() throws {
        var output = Output()
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        for row in rows {
            var line = ""
            for (column, text) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - text.count)
                line += rightAligned.contains(column) ? padding + text : text + padding
                line += "  "
            }
            while line.last == " " { line.removeLast() }
            try output.writeLine(line)
        }
        try output.flush()
    }
}

/// Milliseconds since 1970 as people read them.
func instantText(_ milliseconds: Int64) -> String {
    CalendarText.text(ofInstant: milliseconds) ?? "\(milliseconds) ms"
}

/// A number of bytes as people read it.
func byteText(_ count: Int64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB"]
    guard count.magnitude >= 1024 else { return "\(count) B" }
    var value = Double(count) / 1024
    var unit = 0
    while value.magnitude >= 1024, unit < units.count - 1 {
        value /= 1024
        unit += 1
    }
    let tenths = Int64(value * 10)
    return "\(tenths / 10).\(tenths.magnitude % 10) \(units[unit])"
}
