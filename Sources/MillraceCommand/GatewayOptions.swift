internal import ArgumentParser
internal import Foundation
internal import Gateway

/// What chooses a gateway's configuration.
struct GatewayOptions: ParsableArguments {
    @Option(help: "The configuration file. Default: none, everything at its default.")
    var config: String?

    @Option(help: "The directory of the store. Default: ./millrace-data, or what the file says.")
    var data: String?

    /// The configuration, with what flags and environment say in place of the file.
    func configuration(flags: [String: String] = [:]) throws -> GatewayConfiguration {
        var flags = flags
        flags["data"] = data
        return try Self.configuration(file: config, flags: flags)
    }

    /// The configuration of a file, with what flags and environment say in its place.
    static func configuration(
        file: String?, flags: [String: String] = [:]
    ) throws -> GatewayConfiguration {
        do throws(ConfigurationError) {
            return try GatewayConfiguration(
                file: file, flags: flags, environment: ProcessInfo.processInfo.environment)
        } catch {
            throw CommandFailure(error.description, .usage)
        }
    }
}
