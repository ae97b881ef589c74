internal import ArgumentParser
internal import Control
internal import Materializer

/// `millrace table rebuild`: all rows anew, from the log.
struct TableRebuild: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract: "Make a pipeline's tables anew from the log, and put them in place at once.",
        discussion: """
            The new content is made beside the old one, and each table gets it in one commit: \
            readers see the old rows or the new ones. With --mapping the tables get the columns of \
            another mapping, which holds until the configuration names another than today's. The \
            wish is in the log before anything is done: stopped anywhere, the same command or the \
            gateway goes on. A running gateway does it itself, and follows no news meanwhile.
            """)

    @OptionGroup var target: PipelineTarget

    @Option(help: "A file with the mapping, in JSON. Without it the pipeline keeps its own.")
    var mapping: String?

    @Flag(help: "Go on although rows go that the log cannot give again.")
    var discard = false

    func run() async throws {
        let outcome = try await target.carryOut(
            .rebuild, mapping: mapping, mayDiscard: discard, of: "events")
        try target.tellRebuild(outcome)
    }
}

/// `millrace table resolve`: the operator's word on a table that is not as it was left.
struct TableResolve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolve",
        abstract: "Say what a paused pipeline is to believe, and let it go on.",
        discussion: """
            `continue`: the log is right; go on behind its position, whatever the table has. \
            `accept`: the table is right; go on where its cursors are. `rebuild` makes it anew.
            """)

    @OptionGroup var target: PipelineTarget

    @Argument(help: "continue, accept or rebuild.")
    var choice: Choice

    @Flag(help: "Rebuild although rows go that the log cannot give again.")
    var discard = false

    func run() async throws {
        let verb: PipelineCommand.Verb =
            switch choice {
            case .continue: .goOn
            case .accept: .accept
            case .rebuild: .rebuild
            }
        let outcome = try await target.carryOut(
            verb, mapping: nil, mayDiscard: discard, of: "events")
        guard choice != .rebuild else { return try target.tellRebuild(outcome) }
        try say("\(target.path): \(choice.rawValue)", json: target.store.json) { line in
            line.add("table", target.path)
            line.add("choice", choice.rawValue)
        }
    }
}

extension Choice: ExpressibleByArgument {}

extension PipelineTarget {
    fileprivate func tellRebuild(_ outcome: Outcome) throws {
        let rate = outcome.rate(of: outcome("offsets"))
        let text =
            "\(path): rebuilt from \(outcome("offsets")) offsets: \(outcome("rows")) rows, "
            + "\(outcome("quarantined")) quarantined, \(outcome("missing")) in gaps; "
            + "\(rate) a second"
        try say(text, json: store.json) { line in
            line.add("table", path)
            for name in ["offsets", "rows", "quarantined", "missing"] {
                line.add(name, outcome(name))
            }
            line.add("rate", rate)
        }
    }
}
