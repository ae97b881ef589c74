import AMQP
import Access
import Bytes
import EventHubsEndpoint
import Logging
import StreamLog

/// The endpoint in front of the log, and its clients.
final class SimulatedHubs {
    static let rule = AccessRule(name: "all", primaryKey: "secret", claims: [.manage])

    let endpoint: SocketlessEndpoint
    var clients: [HubClient] = []
    private var nextNumber = 1

    init(_ log: StreamLog, _ clock: SimulatedClock, _ loop: DirectLoop) {
        var configuration = EventHubsConfiguration()
        configuration.unknownHubs = .refuse
        configuration.senderCredit = 20
        var logger = Logger(label: "simulation")
        logger.logLevel = .critical
        endpoint = SocketlessEndpoint(
            log: log, access: AccessRules([Self.rule]), configuration: configuration, clock: clock,
            logger: logger, loop: loop)
    }

    func connect(_ identity: HubClient.Identity) -> HubClient {
        defer { nextNumber += 1 }
        let client = HubClient(nextNumber, identity, endpoint.connect())
        clients.append(client)
        return client
    }

    /// Carries bytes of all connections once; false when all are silent.
    func exchange() throws(Violation) -> Bool {
        var isBusy = false
        for client in clients { isBusy = try client.exchange() || isBusy }
        clients.removeAll { $0.isOver }
        return isBusy
    }

    /// Both ends of all connections look at the time.
    func tick(at boot: Int64) {
        for client in clients {
            client.engine.tick(at: .milliseconds(boot))
            client.server.tick(at: .milliseconds(boot))
        }
    }
}

extension HubReceiver {
    /// Who it takes the partition from, or shares it with.
    var place: String { "\(partition.text) \(group)" }
}
