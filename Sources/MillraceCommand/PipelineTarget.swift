internal import ArgumentParser
internal import Control
internal import DeltaTable
internal import Foundation
internal import Gateway
internal import JSONFlattening
internal import Materializer
internal import StreamLog
internal import StreamModel

/// Which pipeline an order is for, and the way to whoever runs it: the store's owner, or this
/// process where nobody has the store.
struct PipelineTarget: ParsableArguments {
    @OptionGroup var store: StoreOptions

    @Argument(help: "The table's directory.")
    var path: String

    @Option(help: "The pipeline, where the table does not say any more whose it is.")
    var pipeline: String?

    /// What an order did, and how long that took.
    struct Outcome: Sendable {
        let figures: [String: Int64]
        let seconds: Double

        /// How many of them were done.
        func callAsFunction(_ name: String) -> Int64 { figures[name] ?? 0 }

        func rate(of count: Int64) -> Int64 { Int64(Double(count) / max(0.001, seconds)) }
    }

    private static let pause = Duration.milliseconds(50)

    /// Gives the order, shows how far it gets, and returns when it has been carried out.
    func carryOut(
        _ verb: PipelineCommand.Verb, mapping: String?, mayDiscard: Bool = false, of things: String
    ) async throws -> Outcome {
        let mapping = try mapping.map { try readMapping($0).canonical }
        return try await store.withStore { door in
            let access = try await door.access()
            let cursor = try await cursor(in: access)
            let name = try await name(by: cursor, access)
            let command = PipelineCommand(verb, name, mapping: mapping, mayDiscard: mayDiscard)
            guard let owned = access as? OwnedStore else {
                return try await follow(command, of: things, access)
            }
            let materializer = try run(name, cursor, in: owned)
            return try await withThrowingTaskGroup { group in
                group.addTask { await materializer.run() }
                let outcome: Outcome
                do { outcome = try await follow(command, of: things, access) } catch {
                    group.cancelAll()
                    throw error
                }
                // What came while the order was carried out is in the tables as well.
                materializer.stop()
                try await group.waitForAll()
                return outcome
            }
        }
    }

    private func follow(
        _ command: PipelineCommand, of things: String, _ access: any StoreAccess
    ) async throws -> Outcome {
        let bar = ProgressBar(of: things)
        defer { bar.end() }
        let start = ContinuousClock.now
        let serial = try await access.order(command)
        while true {
            try await Task.sleep(for: Self.pause)
            let reports = try await access.pipelines()
            guard let report = reports.first(where: { $0.name == command.pipeline }),
                let order = report.order, order.serial == serial
            else { throw CommandFailure("\(path): another order came in between") }
            if let progress = report.progress { bar.show(progress.done, progress.all) }
            guard order.isDone else { continue }
            if let failure = order.failure { throw CommandFailure("\(path): \(failure)") }
            let figures = order.figures.map { ($0.name, $0.value) }
            return Outcome(
                figures: Dictionary(figures, uniquingKeysWith: { $1 }),
                seconds: (ContinuousClock.now - start) / .seconds(1))
        }
    }

    // MARK: Whose table it is

    /// The newest cursor of the store's that the table has.
    private func cursor(in access: any StoreAccess) async throws -> CursorName? {
        let id = try await access.statistics().storeID
        let table = try? await Table.open(in: LocalStorage(path), machine())
        return table?.state.transactions.keys.compactMap { CursorName($0) }
            .filter { "\($0.store)" == id }.max { $0.generation < $1.generation }
    }

    private func name(
        by cursor: CursorName?, _ access: any StoreAccess
    ) async throws -> String {
        if let known = pipeline ?? cursor?.pipeline { return known }
        let place = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        let reports = try await access.pipelines()
        let own = reports.first {
            URL(fileURLWithPath: $0.root).resolvingSymlinksInPath().path == place
        }
        guard let own else {
            throw CommandFailure(
                "\(path): the table does not say which pipeline fills it; name it with --pipeline")
        }
        return own.name
    }

    /// Runs the pipeline in this process, as the log remembers it.
    private func run(
        _ name: String, _ cursor: CursorName?, in owned: OwnedStore
    ) throws -> Materializer {
        let definition = PipelineDefinition(
            remembered: name, of: cursor?.incarnation, root: path, in: owned.log)
        guard let definition else {
            throw CommandFailure("\(path): the store \(store.data) has no pipeline '\(name)'")
        }
        var limits = MachineLimits()
        limits.taskCount = ProcessInfo.processInfo.activeProcessorCount
        limits.commitsPerSecond = 1000
        let materializer = Materializer(
            owned.log, limits, random: { .random(in: .min ... .max) })
        materializer.add(definition)
        owned.serve(TableDesk(materializer))
        return materializer
    }
}
