internal import Access
internal import ArgumentParser
internal import EventHubsEndpoint
internal import Glibc
internal import Logging
internal import ServiceLifecycle
internal import StreamLog
internal import UnixSignals

/// The endpoint alone, for tests that need ports, keys and limits of their own.
///
/// Prints `ready PORT...` when it listens, in the order plain, TLS, WebSocket. SIGTERM ends it.
@main
struct HubsDriver: AsyncParsableCommand {
    @Option var data: String
    @Option var port = 0
    @Option(help: "The primary key of RootManageSharedAccessKey.") var key: String
    @Option(help: "NAME:KEY:Claim,Claim[:HUB] of a further rule.") var rule: [String] = []
    @Option(help: "PEM files of a TLS listener: CHAIN,KEY[,CLIENTS].") var tls: String?
    @Option var tlsPort = 0
    @Flag var webSocket = false
    @Option var skew: Int64 = 300
    @Option var budget: Int?
    @Option var segment: Int?
    @Option var policy = "drop"
    @Flag var refuseUnknown = false
    @Option var inFlight: Int?

    func run() async throws {
        var log = LogConfiguration()
        log.budget = budget
        log.segmentByteCount = segment
        log.budgetPolicy =
            policy == "reject" ? .reject : policy == "wait" ? .backpressure : .dropOldest
        let store = try StreamLog(
            opening: data, log, random: SystemRandomNumberGenerator())
        var logger = Logger(label: "hubs")
        logger.logLevel = .warning
        let endpoint = EventHubsEndpoint(
            log: store, access: AccessRules(rules), configuration: configuration, logger: logger
        ) { ports in
            print("ready", ports.map(String.init).joined(separator: " "))
            fflush(nil)
        }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: endpoint)], gracefulShutdownSignals: [.sigterm],
                logger: logger))
        try await group.run()
        await store.close()
    }

    private var rules: [AccessRule] {
        [AccessRule(name: AccessRules.rootRuleName, primaryKey: key, claims: [.manage])]
            + rule.map { text in
                let parts = text.split(separator: ":").map(String.init)
                return AccessRule(
                    name: parts[0], primaryKey: parts[1],
                    claims: parts[2].split(separator: ",").compactMap {
                        Claim(rawValue: String($0))
                    }, hub: parts.count > 3 ? parts[3] : nil)
            }
    }

    private var configuration: EventHubsConfiguration {
        var configuration = EventHubsConfiguration()
        configuration.clockSkew = skew
        configuration.listeners = [.init(port: port)]
        var files: EventHubsConfiguration.TLSFiles?
        if let tls {
            let paths = tls.split(separator: ",").map(String.init)
            files = .init(certificateChain: paths[0], privateKey: paths[1])
            if paths.count > 2 {
                files?.clientAuthority = paths[2]
                files?.clientRule = AccessRules.rootRuleName
            }
            configuration.listeners.append(
                .init(
                    port: tlsPort,
                    transport: .tls(files ?? .init(certificateChain: "", privateKey: ""))))
        }
        if webSocket {
            configuration.listeners.append(.init(port: 0, transport: .webSocket(files)))
        }
        if refuseUnknown { configuration.unknownHubs = .refuse }
        if let inFlight { configuration.inFlightByteCountMax = inFlight }
        return configuration
    }
}
