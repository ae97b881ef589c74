import ArgumentParser

/// What the suites of `Tests/Suites` make the log do, in a process that they may kill.
@main
struct LogDriver: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "LogDriver", abstract: "Drives the log for the test suites.",
        subcommands: [Sweep.self, Wounds.self, Faulty.self, FaultyCheck.self])
}
