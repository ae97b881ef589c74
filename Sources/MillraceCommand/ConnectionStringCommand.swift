internal import ArgumentParser
internal import Gateway
internal import StreamModel

/// `millrace connection-string`: what to paste into an SDK.
struct ConnectionStringCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connection-string",
        abstract: "Print the connection string of a hub, to paste into an SDK.")

    @OptionGroup var gateway: GatewayOptions

    @Argument(help: "The hub.", transform: { try checked($0) })
    var hub: StreamName

    @Option(help: "The rule whose key is used. Default: RootManageSharedAccessKey.")
    var rule: String?

    @Option(help: "What clients call this machine. Default: localhost, or the listener's host.")
    var host: String?

    @Flag(help: "For the TLS listener.")
    var tls = false

    func run() async throws {
        let configuration = try gateway.configuration()
        let text: String
        do {
            let advice = try ConnectionAdvice(configuration)
            text = try advice.text(forHub: hub, rule: rule, host: host, overTLS: tls)
        } catch {
            throw CommandFailure("\(error)")
        }
        try say(text, json: false) { _ in }
    }
}
