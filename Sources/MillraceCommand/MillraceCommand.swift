internal import ArgumentParser

/// `millrace` and what it can do.
struct MillraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "millrace",
        abstract: "A durable, embedded store of event streams.",
        discussion: """
            Every command opens the store itself when nobody has it, and otherwise talks to the \
            process that has, through control.sock in the store's directory.

            Exit codes: 0 done, 1 failed, 2 wrong usage, 3 damage found.
            """,
        subcommands: [
            ServeCommand.self, ConfigCommand.self, ConnectionStringCommand.self,
            CertificateCommand.self, DemoCommand.self, StreamsCommand.self,
            ProduceCommand.self, ConsumeCommand.self, GroupsCommand.self,
            FeedsCommand.self, ReplayCommand.self, VerifyCommand.self, SalvageCommand.self,
            BackupCommand.self, RestoreCommand.self,
            StatsCommand.self, AdoptCommand.self, TableCommand.self,
        ])
}
