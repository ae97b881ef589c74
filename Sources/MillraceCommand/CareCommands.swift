internal import ArgumentParser
internal import Control
internal import DeltaTable
internal import StreamLog
internal import StreamModel

/// `millrace verify`: everything is read, and damage is named.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read the whole store and name what is damaged.",
        discussion: """
            Exits with 3 when anything is damaged, also where a second copy makes it harmless. \
            Nothing is changed: a store that nobody has open is read as it lies there. With \
            --tables each table's log, checkpoints, files and pages are read, too, and the \
            identity of its rows is held against the log. Every byte is held against a checksum; \
            with --decode it is also seen whether what was written is sound, which no broken disk \
            makes necessary. A running gateway goes on meanwhile. Readers step over what is \
            damaged in the log; `millrace salvage` or `millrace restore` help where a store does \
            not open, and `millrace table rebuild` where a table is damaged.
            """)

    @OptionGroup var store: StoreOptions

    @Flag(help: "Read the tables, too.")
    var tables = false

    @Option(help: "Where the tables are. Default: DATA/tables.")
    var tableDirectory: String?

    @Flag(help: "Decode every record and value, too. Several times as long.")
    var decode = false

    func run() async throws {
        let report: StoreReport
        let bar = ProgressBar(of: "segments")
        do throws(AccessError) {
            report = try await verifyStore(
                at: store.data, decode ? .records : .checksums
            ) { done, all in bar.show(Int64(done), Int64(all)) }
            bar.end()
        } catch {
            bar.end()
            throw CommandFailure(error)
        }
        for piece in report.damage { try piece.tell(json: store.json) }
        let text =
            "\(report.segmentCount) segments, \(report.blockCount) blocks, "
            + "\(report.batchCount) batches, \(report.recordCount) events, "
            + "\(report.byteCount) bytes: "
            + (report.damageCount == 0 ? "no damage" : "\(report.damageCount) places are damaged")
        try say(text, json: store.json) { line in
            line.add("segments", report.segmentCount)
            line.add("blocks", report.blockCount)
            line.add("batches", report.batchCount)
            line.add("events", report.recordCount)
            line.add("bytes", report.byteCount)
            line.add("damaged", report.damageCount)
        }
        var isWhole = report.damageCount == 0
        if tables {
            let verification = TableVerification(
                store: store.data, directory: tableDirectory ?? store.data + "/tables",
                depth: decode ? .values : .checksums, json: store.json)
            let areTablesWhole = try await verification.run()
            isWhole = isWhole && areTablesWhole
        }
        guard isWhole else { throw CommandFailure("", .damageFound) }
    }
}

extension StoreReport.Piece {
    /// Says what is damaged, and where.
    func tell(json: Bool) throws {
        var text = "damage: \(path)"
        if let block { text += ", block \(block)" }
        if let batch {
            text +=
                ", stream incarnation \(batch.incarnation.rawValue), "
                + "partition \(batch.partition), offsets \(batch.offsets.lowerBound) to "
                + "\(batch.offsets.upperBound - 1)"
        }
        try say(
            text + ": \(self.text)" + (isHarmless ? " (nothing is lost)" : ""), json: json
        ) { line in
            line.add("segment", segment)
            line.add("path", path)
            if let block { line.add("block", block) }
            if let batch {
                line.add("incarnation", batch.incarnation.rawValue)
                line.add("partition", batch.partition)
                line.add("first", batch.offsets.lowerBound)
                line.add("last", batch.offsets.upperBound - 1)
            }
            line.add("damage", self.text)
            line.add("harmless", isHarmless)
        }
    }
}

/// `millrace stats`: how large a store is and what has happened to it.
struct StatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Print figures of the store.",
        discussion: """
            Counts of commits, events and faults are since the store was opened. A running \
            gateway also says how its tables stand; at rest, `millrace table prove` does.
            """)

    @OptionGroup var store: StoreOptions

    func run() async throws {
        try await store.withStore { door in
            let (found, pipelines) = try await door.repeatedly { access throws(AccessError) in
                (try await access.statistics(), try await access.pipelines())
            }
            if store.json {
                try say("", json: true) { line in
                    line.add("store", found.storeID)
                    line.add("processID", found.processID)
                    for figure in found.figures { line.add(figure.name, figure.value) }
                    line.add("failure", found.failure)
                    line.array("pipelines", pipelines) { $0.fill(&$1) }
                }
                return
            }
            var output = Output()
            try output.writeLine("store\t\(found.storeID)")
            try output.writeLine("processID\t\(found.processID)")
            for figure in found.figures { try output.writeLine("\(figure.name)\t\(figure.value)") }
            if let failure = found.failure { try output.writeLine("failure\t\(failure)") }
            for pipeline in pipelines { for line in pipeline.lines { try output.writeLine(line) } }
            try output.flush()
        }
    }
}

/// `millrace adopt`: what a copied store is.
struct AdoptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adopt",
        abstract: "Say what a copied store is, so that it can be opened.",
        discussion: """
            A store whose files were copied is refused until one of the two is said. In both \
            cases offsets jump, so that none is issued twice.
            """)

    @OptionGroup var store: StoreOptions

    @Flag(help: "The original is gone: this is the same store.")
    var moved = false

    @Flag(help: "The original lives on: this is another store from now on.")
    var cloned = false

    func validate() throws {
        guard moved != cloned else { throw ValidationError("Say either --moved or --cloned.") }
    }

    func run() async throws {
        guard StoreDoor.hasStore(at: store.data) else {
            throw CommandFailure(AccessError.noStore(path: store.data))
        }
        let owned: OwnedStore
        do {
            if let whole = try await openUnlessCopied() {
                await whole.close()
                throw CommandFailure("\(store.data) is no copy: there is nothing to adopt")
            }
            owned = try await open(moved ? .moved : .cloned)
        } catch let error as OpenError {
            throw CommandFailure(error)
        }
        let id = owned.log.storeID.description
        await owned.close()
        try say("adopted \(store.data): store \(id)", json: store.json) { line in
            line.add("store", id)
            line.add("adopted", moved ? "moved" : "cloned")
        }
    }

    /// Nil for a copy.
    private func openUnlessCopied() async throws(OpenError) -> OwnedStore? {
        do throws(OpenError) {
            return try await open(.none)
        } catch {
            guard case .copied = error else { throw error }
            return nil
        }
    }

    private func open(
        _ adoption: LogConfiguration.Adoption
    ) async throws(OpenError) -> OwnedStore {
        var configuration = LogConfiguration()
        configuration.adoption = adoption
        return try await OwnedStore(
            opening: store.data, configuration, random: SystemRandomNumberGenerator())
    }
}
