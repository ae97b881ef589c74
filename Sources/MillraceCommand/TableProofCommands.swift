internal import ArgumentParser
internal import Control
internal import DeltaTable
internal import JSONFlattening
internal import Materializer
internal import StreamLog
internal import StreamModel

/// `millrace table prove`: every event is there exactly once, shown from the rows.
struct TableProve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove",
        abstract: "Show from the rows that every event is in the table exactly once.",
        discussion: """
            Reads the identity of every row of the table and of its quarantine, and holds it \
            against the table's own cursors and the log's gaps. Exits with 3 when an event is \
            missing or there twice.
            """)

    @OptionGroup var store: StoreOptions

    @Argument(help: "The table's directory.")
    var path: String

    func run() async throws {
        let line = ProgressBar(of: "rows")
        let prover = Prover(path, machine()) { line.show(Int64($0), Int64($0)) }
        let proofs: [Proof]
        if StoreDoor.hasStore(at: store.data) {
            proofs = try await store.withStore { door in
                let access = try await door.access()
                let id = try await access.statistics().storeID
                return try await prove(prover) { cursor in
                    guard "\(cursor.store)" == id else { return [] }
                    let partition = PartitionID(cursor.incarnation, cursor.partition)
                    return (try? await access.gaps(of: partition).map(\.offsets)) ?? []
                }
            }
        } else {
            proofs = try await prove(prover) { _ in [] }
        }
        line.end()
        for proof in proofs { try Self.tell(proof, json: store.json) }
        guard proofs.allSatisfy(\.isWhole) else { throw CommandFailure("", .damageFound) }
    }

    private func prove(
        _ prover: Prover, _ gaps: @Sendable (CursorName) async -> [Range<Int64>]
    ) async throws -> [Proof] {
        do { return try await prover.proofs(gaps: gaps) } catch {
            throw CommandFailure("\(path): \(error)")
        }
    }

    /// Says of each partition where its events are.
    static func tell(_ proof: Proof, json: Bool) throws {
        for partition in proof.partitions {
            let lost = partition.lost.reduce(0) { $0 + ($1.upperBound - $1.lowerBound) }
            let verdict =
                partition.isWhole
                ? "every event exactly once" : "\(lost) lost, \(partition.twice) too many"
            let text =
                "\(proof.pipeline) of \(proof.source), partition \(partition.index), offsets "
                + "\(partition.start) to \(partition.end): \(partition.rows) rows, "
                + "\(partition.quarantined) quarantined, \(partition.missing) in gaps: \(verdict)"
            try say(text, json: json) { line in
                line.add("pipeline", proof.pipeline)
                line.add("source", proof.source)
                line.add("partition", partition.index)
                line.add("start", partition.start)
                line.add("end", partition.end)
                line.add("rows", partition.rows)
                line.add("quarantined", partition.quarantined)
                line.add("missing", partition.missing)
                line.add("lost", lost)
                line.add("twice", partition.twice)
                line.add("whole", partition.isWhole)
            }
        }
    }
}

/// `millrace table redrive`: what was quarantined lands, where it can now.
struct TableRedrive: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redrive",
        abstract: "Flatten quarantined events again, and move those that land into the table.",
        discussion: """
            Each event that lands is in the table once and out of the quarantine afterwards, \
            whenever the command is stopped: the next run finishes what was begun. The store must \
            not be open in another process, because the mapping and the columns are kept in it.
            """)

    @OptionGroup var store: StoreOptions

    @Argument(help: "The table's directory.")
    var path: String

    @Option(help: "A file with a mended mapping, in JSON. Without it the pipeline's own is used.")
    var mapping: String?

    func run() async throws {
        let mended = try mapping.map { try readMapping($0) }
        let report = try await store.withStore { door in
            guard let owned = try await door.access() as? OwnedStore else {
                throw CommandFailure(
                    "the store \(store.data) is open in another process: stop it first, because "
                        + "the pipeline's columns are kept in it")
            }
            do {
                let redrive = try await Redrive(
                    path, in: owned.log, mended: mended, random: { .random(in: .min ... .max) })
                return try await redrive.run()
            } catch { throw CommandFailure("\(path): \(error)") }
        }
        let text = "\(path): \(report.landed) events landed, \(report.left) stay in quarantine"
        try say(text, json: store.json) { line in
            line.add("table", path)
            line.add("landed", report.landed)
            line.add("left", report.left)
        }
    }
}

/// The machine's clock and its random numbers, for tables.
func machine() -> Surroundings {
    Surroundings(
        now: { Timestamp.current().milliseconds }, random: { .random(in: .min ... .max) })
}
