internal import ArgumentParser
internal import Glibc

@main
struct BenchmarkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "millrace-bench",
        abstract: "Measures an area of the product beside the limits of the machine.")

    @Argument(help: "One of: \(Area.all.map(\.name).joined(separator: ", ")).")
    var area: String

    @Flag(help: "Print one JSON object a line instead of a table.")
    var json = false

    @Option(help: "Only the benchmark with this figure.")
    var only: String?

    @Option(help: "Where data goes: a directory on the disk to be measured.")
    var directory = ".build/bench"

    func validate() throws {
        guard let found = chosen else {
            throw ValidationError("There is no area '\(area)'.")
        }
        if let only, !found.benchmarks.contains(where: { $0.names.contains(only) }) {
            let names = found.benchmarks.flatMap(\.names).joined(separator: ", ")
            throw ValidationError(
                "No figure of '\(area)' is called '\(only)'. There are: \(names).")
        }
    }

    private var chosen: Area? { Area.all.first { $0.name == area } }

    func run() async throws {
        if !json { print(Figure.heading) }
        for benchmark in chosen?.benchmarks ?? [] {
            if let only, !benchmark.names.contains(only) { continue }
            let data = try Scratch.makeDirectory("data", below: directory)
            defer { Scratch.remove(data) }
            for figure in try await benchmark.run(data) {
                if let only, figure.name != only { continue }
                // Each as it comes: a run takes minutes, and its reader may be a pipe.
                print(json ? figure.json : figure.row)
                fflush(nil)
            }
        }
    }
}
