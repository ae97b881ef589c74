/// Figures that belong together: what `tools/bench AREA` runs.
struct Area: Sendable {
    let name: String
    let benchmarks: [Benchmark]

    /// Every area there is. A new one is added here.
    static let all: [Area] = [.limits, .log, .delta, .amqp, .flatten]
}

/// One measurement, which may yield several figures.
struct Benchmark: Sendable {
    /// The names of its figures; `--only` picks by them.
    let names: [String]
    /// `directory` is an empty one on the disk that is measured, removed afterwards.
    let run: @Sendable (_ directory: String) async throws -> [Figure]

    init(
        _ names: String..., run: @escaping @Sendable (_ directory: String) async throws -> [Figure]
    ) {
        self.names = names
        self.run = run
    }
}
