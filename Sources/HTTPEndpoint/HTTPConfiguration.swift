/// How the HTTP endpoint behaves.
package struct HTTPConfiguration: Sendable {
    /// What happens when somebody sends to a hub that does not exist.
    package enum UnknownHubs: Equatable, Sendable {
        case create(partitionCount: Int)
        case notFound
    }

    /// A name or an address to listen on.
    package var host: String
    /// 0: any free one.
    package var port: Int
    /// Applies to senders alone: nobody makes a hub by asking for it.
    package var unknownHubs: UnknownHubs
    /// Milliseconds since 1970.
    package var now: @Sendable () -> Int64
    /// How large a request to send may be. Event Hubs takes 1 MiB.
    package var byteCountMax = 1 << 20
    /// How many requests to send may be in hand; with `byteCountMax`, the bound of their memory.
    package var requestCountMax = 128
    /// How many connections there may be at a time; others wait to be accepted.
    package var connectionCountMax = 512

    /// Listens nowhere yet, so it refuses nothing.
    package init(
        host: String, port: Int, unknownHubs: UnknownHubs, now: @escaping @Sendable () -> Int64
    ) {
        self.host = host
        self.port = port
        self.unknownHubs = unknownHubs
        self.now = now
    }
}

/// How well a part of the gateway does, as probes ask.
package struct HealthReport: Sendable {
    /// The part's, as `/readyz` shows it.
    package let name: String
    /// Whether it does its work. A gateway is ready when all its parts are.
    package let isReady: Bool
    /// Whether only a new start can help.
    package let isLost: Bool
    /// One line for people.
    package let text: String

    /// A part that is ready is not lost.
    package init(_ name: String, isReady: Bool, isLost: Bool = false, text: String) {
        self.name = name
        self.isReady = isReady
        self.isLost = isLost
        self.text = text
    }
}
