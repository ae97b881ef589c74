internal import ArgumentParser
internal import Control
internal import JSONFlattening
internal import Materializer
internal import StreamLog

/// `millrace table rebuild`: all rows anew, from the log.
struct TableRebuild: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract: "Empty a pipeline's tables, and fill them again from the log.",
        discussion: """
            With --mapping the tables get the columns of another mapping; give the same mapping to \
            the gateway afterwards. The wish is in the log before anything is done: stopped \
            anywhere, the same command or the gateway goes on. The store must not be open in \
            another process.
            """)

    @OptionGroup var target: ChoiceTarget

    @Option(help: "A file with the mapping, in JSON. Without it the pipeline keeps its own.")
    var mapping: String?

    func run() async throws {
        try await target.resolve(.rebuild, mapping: mapping.map { try readMapping($0) })
    }
}

/// `millrace table resolve`: the operator's word on a table that is not as it was left.
struct TableResolve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolve",
        abstract: "Say what a paused pipeline is to believe, and let it catch up.",
        discussion: """
            `continue`: the log is right; go on behind its position, whatever the table has. \
            `accept`: the table is right; go on where its cursors are. `rebuild` fills it anew. \
            The store must not be open in another process.
            """)

    @OptionGroup var target: ChoiceTarget

    @Argument(help: "continue, accept or rebuild.")
    var choice: Choice

    func run() async throws { try await target.resolve(choice, mapping: nil) }
}

extension Choice: ExpressibleByArgument {}

/// Which pipeline a choice is for.
struct ChoiceTarget: ParsableArguments {
    @OptionGroup var store: StoreOptions

    @Argument(help: "The table's directory.")
    var path: String

    @Option(help: "The pipeline, where the table does not say any more whose it is.")
    var pipeline: String?

    func resolve(_ choice: Choice, mapping: Mapping?) async throws {
        let bar = ProgressBar(of: "events")
        let start = ContinuousClock.now
        let statistics = try await store.withStore { door in
            guard let owned = try await door.access() as? OwnedStore else {
                throw CommandFailure(
                    "the store \(store.data) is open in another process: stop it first")
            }
            do {
                let resolution = try await Resolution(
                    choice, of: path, named: pipeline, mapping: mapping, in: owned.log,
                    random: { .random(in: .min ... .max) })
                return try await resolution.run { done, all in bar.show(done, all) }
            } catch { throw CommandFailure("\(path): \(error)") }
        }
        bar.end()
        let seconds = max(0.001, (ContinuousClock.now - start) / .seconds(1))
        let rate = Int64(Double(statistics.counts.events) / seconds)
        let text =
            "\(path): \(choice.rawValue), \(statistics.counts.events) events, "
            + "\(statistics.rowCount) rows, \(statistics.counts.quarantined) quarantined; "
            + "\(rate) a second"
        try say(text, json: store.json) { line in
            line.add("table", path)
            line.add("choice", choice.rawValue)
            line.add("events", statistics.counts.events)
            line.add("rows", statistics.rowCount)
            line.add("quarantined", statistics.counts.quarantined)
            line.add("rate", rate)
        }
    }
}
