internal import ArgumentParser
internal import Control
internal import Materializer
internal import StreamLog

/// `millrace salvage`: a new store from what is left of a broken one.
struct SalvageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "salvage",
        abstract: "Write a new store from everything of a broken one that still verifies.",
        discussion: """
            For a store that does not open, or has lost segments. Nothing in it is changed. Events \
            keep their offsets, what is missing becomes gap records, and every next offset jumps \
            by 2^32, so that none is issued twice. The new store has the id of the old one: do not \
            use both. Tables stay where they are, and are named when they are ahead of what is \
            left of the log or behind it; move them to NEW/tables before `millrace serve`.
            """)

    @Argument(help: "The directory of the broken store.")
    var store: String

    @Option(help: "The directory of the new store, which must not be there yet.")
    var into: String

    @Option(help: "Where the store's tables are. Default: STORE/tables.")
    var tables: String?

    @Flag(help: "Print one JSON object a line.")
    var json = false

    func run() async throws {
        let bar = ProgressBar(of: "segments")
        let report: SalvageReport
        do throws(CareError) {
            report = try StreamLog.salvage(
                storeAt: store, into: into, random: SystemRandomNumberGenerator()
            ) { done, all in bar.show(Int64(done), Int64(all)) }
        } catch {
            throw CommandFailure(error)
        }
        bar.end()
        for piece in report.damage { try StoreReport.Piece(piece).tell(json: json) }
        for partition in report.partitions { try tell(partition) }
        let standing = LogStanding(
            report.store, ends: report.ends, feedPositions: report.feedPositions)
        let found = await standing.standings(ofTablesBelow: tables ?? store + "/tables", machine())
        for one in found { try one.tell(json: json) }
        try tell(report)
    }

    private func tell(_ partition: SalvageReport.Partition) throws {
        var text =
            "\(partition.stream), partition \(partition.id.index): \(partition.kept) events kept, "
            + "the next offset is \(partition.next)"
        for gap in partition.gaps {
            text +=
                "\n  gap: \(gap.offsets.lowerBound) to \(gap.offsets.upperBound - 1), "
                + "\(gap.reason)"
        }
        try say(text, json: json) { line in
            line.add("stream", partition.stream)
            line.add("incarnation", partition.id.incarnation.rawValue)
            line.add("partition", partition.id.index)
            line.add("kept", partition.kept)
            line.add("end", partition.end)
            line.add("next", partition.next)
            line.array("gaps", partition.gaps) { gap, line in
                line.add("first", gap.offsets.lowerBound)
                line.add("last", gap.offsets.upperBound - 1)
                line.add("reason", gap.reason.description)
            }
        }
    }

    private func tell(_ report: SalvageReport) throws {
        let id = report.isIDLost ? "another id, \(report.store)," : "the id \(report.store)"
        let text =
            "\(into) has \(id) and \(report.eventCount) events of \(report.segmentCount) segments, "
            + "\(report.positionCount) positions of \(report.groupCount) groups and "
            + "\(report.feedCount) feeds, \(report.producerCount) producers; "
            + "\(report.damage.count) places were damaged"
        try say(text, json: json) { line in
            line.add("store", report.store.description)
            line.add("idLost", report.isIDLost)
            line.add("segments", report.segmentCount)
            line.add("blocks", report.blockCount)
            line.add("batches", report.batchCount)
            line.add("events", report.eventCount)
            line.add("groups", report.groupCount)
            line.add("feeds", report.feedCount)
            line.add("positions", report.positionCount)
            line.add("producers", report.producerCount)
            line.add("damaged", report.damage.count)
        }
    }
}

extension SalvageReport {
    /// The offset after the last proven event, for each partition.
    fileprivate var ends: [PartitionID: Int64] {
        Dictionary(partitions.map { ($0.id, $0.end) }) { first, _ in first }
    }
}

extension TableStanding {
    /// Says how the table stands against the log.
    func tell(json: Bool) throws {
        let text =
            switch verdict {
            case .level: "goes on at offset \(table)"
            case .ahead:
                "is ahead: it has events up to \(table), and the log only up to \(log); they stay, "
                    + "and the pipeline goes on behind them"
            case .behind:
                "is behind: it has events up to \(table), and the log remembers more; the pipeline "
                    + "will pause, and `millrace table resolve` makes it go on"
            }
        let place = "\(root), pipeline \(pipeline), partition \(partition.index)"
        try say("table: \(place) \(text)", json: json) { line in
            line.add("table", root)
            line.add("pipeline", pipeline)
            line.add("partition", partition.index)
            line.add("offset", table)
            line.add("end", log)
            line.add("verdict", verdict.rawValue)
        }
    }
}
