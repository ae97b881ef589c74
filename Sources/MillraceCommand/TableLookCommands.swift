internal import ArgumentParser
internal import Columns
internal import DeltaTable

/// `millrace table describe`
struct TableDescribe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe", abstract: "Say what a table is, and how far its cursors are.")

    @OptionGroup var table: TableOptions
    @OptionGroup var at: VersionOptions

    func run() async throws {
        let snapshot = try await table.naming { () async throws(TableError) in
            try await TableSnapshot(in: table.storage, at: at.place)
        }
        try table.json ? printJSON(snapshot) : printText(snapshot)
    }

    private func printJSON(_ snapshot: TableSnapshot) throws {
        let state = snapshot.state
        try say("", json: true) { line in
            line.add("path", table.path)
            line.add("id", state.metadata.id)
            line.add("version", snapshot.version)
            line.add("files", snapshot.files.live.count)
            line.add("bytes", byteCount(of: snapshot))
            if let rowCount = rowCount(of: snapshot) { line.add("rows", rowCount) }
            line.add("readerVersion", state.proto.readerVersion)
            line.add("writerVersion", state.proto.writerVersion)
            line.add("features", features(of: state).joined(separator: ","))
            line.add("partitionColumns", state.metadata.partitionColumns.joined(separator: ","))
            line.object("properties") { object in
                for (name, value) in properties(of: state) { object.add(name, value) }
            }
            line.array("cursors", marks(of: state)) { mark, object in
                object.add("application", mark.application)
                object.add("version", mark.version)
            }
        }
    }

    private func printText(_ snapshot: TableSnapshot) throws {
        let state = snapshot.state
        let files = "\(snapshot.files.live.count), \(byteText(byteCount(of: snapshot)))"
        let versions = "reader \(state.proto.readerVersion), writer \(state.proto.writerVersion)"
        let names = features(of: state).joined(separator: ", ")
        var text = TextTable(["table", table.path])
        text.append(["id", state.metadata.id])
        text.append(["version", String(snapshot.version)])
        text.append(["files", files])
        text.append(["rows", rowCount(of: snapshot).map(String.init) ?? "not every file says"])
        text.append(["protocol", versions + (names.isEmpty ? "" : ": " + names)])
        if !state.metadata.partitionColumns.isEmpty {
            text.append(
                ["partitioned by", state.metadata.partitionColumns.joined(separator: ", ")])
        }
        for (name, value) in properties(of: state) { text.append([name, value]) }
        for mark in marks(of: state) {
            text.append(["cursor \(mark.application)", String(mark.version)])
        }
        try text.print()
    }

    private func byteCount(of snapshot: TableSnapshot) -> Int64 {
        snapshot.files.live.values.reduce(0) { $0 &+ $1.byteCount }
    }

    /// Nil when a file does not say.
    private func rowCount(of snapshot: TableSnapshot) -> Int64? {
        var sum: Int64 = 0
        for file in snapshot.files.live.values {
            guard let count = file.liveRowCount else { return nil }
            sum &+= count
        }
        return sum
    }

    private func properties(of state: TableState) -> [(key: String, value: String)] {
        state.metadata.properties.sorted { $0.key < $1.key }
    }

    private func marks(of state: TableState) -> [TransactionMark] {
        state.transactions.values.sorted { $0.application < $1.application }
    }

    private func features(of state: TableState) -> [String] {
        Set((state.proto.readerFeatures ?? []) + (state.proto.writerFeatures ?? [])).sorted()
    }
}

/// `millrace table history`
struct TableHistory: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "List the commits of a table, newest first.")

    @OptionGroup var table: TableOptions
    @Option(help: "At most so many commits.")
    var limit: Int?

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit is at least 1.") }
    }

    func run() async throws {
        let entries = try await table.naming { () async throws(TableError) in
            try await Table.history(in: table.storage, limit: limit ?? .max)
        }
        var text = TextTable(
            ["version", "time", "operation", "files", "rows", "bytes", "engine"],
            rightAligned: [0, 3, 4, 5])
        for entry in entries {
            if table.json {
                try say("", json: true) { fill(entry, &$0) }
                continue
            }
            text.append([
                String(entry.version), instantText(entry.time), entry.operation ?? "-",
                "+\(entry.addedFileCount) -\(entry.removedFileCount)",
                entry.addedRowCount.map(String.init) ?? "?", byteText(entry.addedByteCount),
                entry.engine ?? "-",
            ])
        }
        if !table.json { try text.print() }
    }

    private func fill(_ entry: HistoryEntry, _ line: inout JSONText) {
        line.add("version", entry.version)
        line.add("time", instantText(entry.time))
        line.add("operation", entry.operation)
        line.add("engine", entry.engine)
        line.add("transaction", entry.transactionID)
        line.add("addedFiles", entry.addedFileCount)
        line.add("removedFiles", entry.removedFileCount)
        if let count = entry.addedRowCount { line.add("addedRows", count) }
        line.add("addedBytes", entry.addedByteCount)
        line.add("changesMetadata", entry.isMetadataChange)
        line.add("changesProtocol", entry.isProtocolChange)
        line.array("cursors", entry.transactions) { mark, object in
            object.add("application", mark.application)
            object.add("version", mark.version)
        }
    }
}

/// `millrace table schema`
struct TableSchemaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "List the columns of a table.")

    @OptionGroup var table: TableOptions
    @OptionGroup var at: VersionOptions

    func run() async throws {
        let snapshot = try await table.naming { () async throws(TableError) in
            try await TableSnapshot(in: table.storage, at: at.place)
        }
        let partitioning = Set(snapshot.state.metadata.partitionColumns)
        var text = TextTable(["column", "type", "nullable", "partition"])
        for field in snapshot.schema.fields {
            let isPartition = partitioning.contains(field.name)
            if table.json {
                try say("", json: true) { line in
                    line.add("name", field.name)
                    line.add("type", field.type.text)
                    line.add("nullable", field.isNullable)
                    line.add("partition", isPartition)
                }
                continue
            }
            text.append([
                field.name, field.type.text, field.isNullable ? "yes" : "no",
                isPartition ? "yes" : "",
            ])
        }
        if !table.json { try text.print() }
    }
}

/// `millrace table files`
struct TableFiles: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "files", abstract: "List the files of a table.")

    @OptionGroup var table: TableOptions
    @OptionGroup var at: VersionOptions

    func run() async throws {
        let snapshot = try await table.naming { () async throws(TableError) in
            try await TableSnapshot(in: table.storage, at: at.place)
        }
        var text = TextTable(["rows", "bytes", "modified", "path"], rightAligned: [0, 1])
        for file in snapshot.liveFiles {
            if table.json {
                try say("", json: true) { line in
                    line.add("path", file.path)
                    line.add("bytes", file.byteCount)
                    if let count = file.liveRowCount { line.add("rows", count) }
                    line.add("modified", instantText(file.modificationTime))
                    line.add("deletionVector", file.deletionVector != nil)
                    line.object("partition") { object in
                        for (name, value) in file.partitionValues.sorted(by: { $0.key < $1.key }) {
                            object.add(name, value)
                        }
                    }
                }
                continue
            }
            text.append([
                file.liveRowCount.map(String.init) ?? "?", byteText(file.byteCount),
                instantText(file.modificationTime), file.path,
            ])
        }
        if !table.json { try text.print() }
    }
}
