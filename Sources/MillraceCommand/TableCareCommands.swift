internal import ArgumentParser
internal import Columns
internal import DeltaTable
internal import DurableFiles

/// `millrace table create`
struct TableCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Create an empty table that every engine reads and writes."
    )

    @OptionGroup var table: TableOptions
    @Option(help: "The columns, such as 'id long, name string, price decimal(10,2)'.")
    var columns: String?
    @Option(help: "A file with the schema in Delta's JSON.")
    var schema: String?
    @Option(help: "The columns to partition by, with commas between them.")
    var partitionBy = ""
    @Option(help: "A property, such as delta.checkpointInterval=50. May be repeated.")
    var property: [String] = []

    func validate() throws {
        if (columns == nil) == (schema == nil) {
            throw ValidationError("Either --columns or --schema says what the table has.")
        }
        for text in property where !text.contains("=") {
            throw ValidationError("'\(text)': a property is a name, = and a value.")
        }
    }

    func run() async throws {
        let definition = TableDefinition(
            schema: try readSchema(),
            partitionColumns: partitionBy.split(separator: ",").map(String.init),
            properties: Dictionary(
                property.map { text in
                    let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
                    return (parts.first ?? "", parts.count > 1 ? parts[1] : "")
                }, uniquingKeysWith: { $1 }))
        let created = try await table.naming { () async throws(TableError) in
            try await Table.create(in: table.storage, definition, table.surroundings)
        }
        let id = created.state.metadata.id
        try say("created \(table.path) (\(id))", json: table.json) { line in
            line.add("path", table.path)
            line.add("id", id)
            line.add("version", created.version)
        }
    }

    private func readSchema() throws -> Schema {
        do {
            if let columns { return try Schema(columns: columns) }
            let file = try File(schema ?? "", .reading)
            let bytes = try file.read(at: 0, count: file.status().byteCount)
            return try Schema(deltaJSON: String(decoding: bytes, as: UTF8.self))
        } catch let error as SchemaError {
            throw CommandFailure(error.description, .usage)
        } catch let fault as FileFault {
            throw CommandFailure(fault)
        }
    }
}

/// `millrace table optimize`
struct TableOptimize: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "optimize", abstract: "Put small files together, beside other writers.")

    @OptionGroup var table: TableOptions
    @Option(help: "About how large the files are to be.")
    var target: ByteSize?

    func run() async throws {
        var opened = try await table.open()
        var options = OptimizeOptions()
        if let target { options.targetByteCount = Int64(target.byteCount) }
        let report = try await table.naming { () async throws(TableError) in
            try await opened.optimize(options)
        }
        let text =
            "\(report.removedFileCount) files (\(byteText(report.removedByteCount))) became "
            + "\(report.addedFileCount) (\(byteText(report.addedByteCount))), "
            + "\(report.rowCount) rows"
        try say(text, json: table.json) { line in
            line.add("version", opened.version)
            line.add("commits", report.commits.count)
            line.add("removedFiles", report.removedFileCount)
            line.add("removedBytes", report.removedByteCount)
            line.add("addedFiles", report.addedFileCount)
            line.add("addedBytes", report.addedByteCount)
            line.add("rows", report.rowCount)
            line.array("refused", report.refused) { $1.add("reason", $0.description) }
        }
        guard report.refused.isEmpty else {
            let reasons = report.refused.map(\.description).joined(separator: "; ")
            throw CommandFailure(
                "\(table.path): not all was put together: \(reasons); run it again")
        }
    }
}

/// `millrace table vacuum`
struct TableVacuum: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vacuum", abstract: "Remove files that no version within the retention needs.")

    @OptionGroup var table: TableOptions
    @Option(
        help: "Keep what was removed, or written, since then, such as 7d. Default: the table's.")
    var retention: Age?
    @Flag(help: "Only say what would be removed.")
    var dryRun = false
    @Flag(help: "Take a retention below the table's, although readers may lose files.")
    var allowShortRetention = false
    @Flag(help: "Also remove commits and checkpoints older than the log's retention.")
    var cleanUpLog = false

    func run() async throws {
        var opened = try await table.open()
        let options = VacuumOptions(
            retention: retention?.milliseconds, isDryRun: dryRun,
            isShortRetentionAllowed: allowShortRetention)
        let outcome = try await table.naming { () async throws(TableError) in
            try await opened.vacuum(options)
        }
        guard case .done(let report) = outcome else {
            throw CommandFailure(
                """
                \(table.path): the table keeps removed files for longer than --retention; readers \
                of older versions and writers that have not committed yet would lose files. \
                --allow-short-retention if no such reader or writer is there.
                """, .usage)
        }
        var logFileCount = 0
        if cleanUpLog && !dryRun {
            logFileCount = try await table.naming { () async throws(TableError) in
                try await opened.cleanUpLog()
            }
        }
        if table.json {
            try say("", json: true) { line in
                line.add("dryRun", dryRun)
                line.add("files", report.files.count)
                line.add("bytes", report.byteCount)
                line.add("logFiles", logFileCount)
                line.array("removed", report.files) { $1.add("path", $0.path) }
            }
            return
        }
        var output = Output()
        for file in report.files { try output.writeLine(file.path) }
        try output.writeLine(
            "\(dryRun ? "would remove" : "removed") \(report.files.count) files, "
                + byteText(report.byteCount)
                + (cleanUpLog && !dryRun ? ", and \(logFileCount) of the log" : ""))
        try output.flush()
    }
}

/// `millrace table checkpoint`
struct TableCheckpoint: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint", abstract: "Write a checkpoint of the newest version.")

    @OptionGroup var table: TableOptions

    func run() async throws {
        var opened = try await table.open()
        try await table.naming { () async throws(TableError) in try await opened.checkpoint() }
        let version = opened.version
        try say("checkpoint of version \(version)", json: table.json) {
            $0.add("version", version)
        }
    }
}
