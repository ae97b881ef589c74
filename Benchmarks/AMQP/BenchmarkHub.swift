import Access
import Dispatch
import EventHubsEndpoint
import Logging
import ServiceLifecycle
import StreamLog
import StreamModel
import Synchronization

/// A log with an endpoint in front of it, in this process, for the length of a benchmark.
final class BenchmarkHub: Sendable {
    static let rule = AccessRule(name: "bench", primaryKey: "bench", claims: [.manage])
    /// The hub's name is that of the log's stream.
    static let hub = "events"

    let store: BenchmarkLog
    let port: Int
    private let group: ServiceGroup
    private let running: Task<Void, any Error>

    init(below directory: String) async throws {
        store = try await BenchmarkLog(below: directory, partitions: 4)
        var configuration = EventHubsConfiguration()
        configuration.listeners = [.init(port: 0)]
        let (ports, ready) = AsyncStream.makeStream(of: Int.self)
        let endpoint = EventHubsEndpoint(
            log: store.log, access: AccessRules([Self.rule]), configuration: configuration,
            logger: Logger(label: "bench")
        ) {
            ready.yield($0[0])
        }
        group = ServiceGroup(services: [endpoint], logger: Logger(label: "bench"))
        running = Task { [group] in try await group.run() }
        var iterator = ports.makeAsyncIterator()
        port = await iterator.next() ?? 0
    }

    func close() async throws {
        await group.triggerGracefulShutdown()
        try await running.value
        await store.close()
    }

    func peer(_ purpose: LoopbackPeer.Purpose) throws -> LoopbackPeer {
        try LoopbackPeer(
            port: port, rule: Self.rule.name, key: Self.rule.primaryKey, purpose)
    }

    /// The address that receives partition `index`.
    static func source(_ index: Int) -> String {
        "\(hub)/ConsumerGroups/$Default/Partitions/\(index)"
    }

    /// Runs blocking work on `count` threads of its own, and returns when all have ended.
    static func onThreads(_ count: Int, _ work: @escaping @Sendable (Int) throws -> Void)
        async throws
    {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<count {
                group.addTask {
                    try await withCheckedThrowingContinuation { continuation in
                        DispatchQueue(label: "bench.\(index)").async {
                            continuation.resume(with: Result { try work(index) })
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
