internal import ArgumentParser
internal import Gateway

/// `millrace config`: check, show and explain the configuration.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Check, show and explain the configuration.",
        subcommands: [Check.self, Show.self, Example.self])

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what is wrong with a configuration, by file, line and column.")

        @Argument(help: "The configuration file.")
        var file: String

        func run() async throws {
            _ = try GatewayOptions.configuration(file: file)
            try say("\(file) is good", json: false) { _ in }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print every setting with its value, and where it comes from.")

        @OptionGroup var gateway: GatewayOptions

        func run() async throws {
            try say(try gateway.configuration().text, json: false) { _ in }
        }
    }

    struct Example: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a configuration file with every setting and what it does.")

        func run() async throws {
            try say(GatewayConfiguration.example, json: false) { _ in }
        }
    }
}
