/// How the endpoint listens and what it allows. Everything has a default that needs no thought.
package struct EventHubsConfiguration: Sendable {
    /// A place to listen at.
    package struct Listener: Hashable, Sendable {
        /// How bytes travel.
        package enum Transport: Hashable, Sendable {
            /// As they are.
            case plain
            /// Inside of TLS, which begins at once.
            case tls(TLSFiles)
            /// In messages of a WebSocket, inside of TLS if there are files for it.
            case webSocket(TLSFiles?)
        }

        /// An address of this machine.
        package var host: String
        /// The port; 0 for any that is free.
        package var port: Int
        /// How bytes travel.
        package var transport: Transport

        /// A place to listen at.
        package init(host: String = "127.0.0.1", port: Int, transport: Transport = .plain) {
            self.host = host
            self.port = port
            self.transport = transport
        }
    }

    /// The files that TLS needs, all in PEM.
    package struct TLSFiles: Hashable, Sendable {
        /// The server's certificate, and those between it and its authority.
        package var certificateChain: String
        /// The key of that certificate.
        package var privateKey: String
        /// The authority of clients' certificates; nil asks clients for none.
        package var clientAuthority: String?
        /// The rule that a client with such a certificate acts under (SASL EXTERNAL).
        package var clientRule: String?

        /// Files at these paths.
        package init(
            certificateChain: String, privateKey: String, clientAuthority: String? = nil,
            clientRule: String? = nil
        ) {
            self.certificateChain = certificateChain
            self.privateKey = privateKey
            self.clientAuthority = clientAuthority
            self.clientRule = clientRule
        }
    }

    /// What happens when a client names a hub that does not exist.
    package enum UnknownHubs: Hashable, Sendable {
        /// It is made, with that many partitions.
        case create(partitionCount: Int)
        /// The client is told so.
        case refuse
    }

    /// What happens when a receiver's position lies behind the last event.
    package enum BeyondEnd: Hashable, Sendable {
        /// It is refused as the service refuses it: its checkpoints are of another store.
        case refuse
        /// It begins at the end.
        case clamp
    }

    /// Where to listen.
    package var listeners = [Listener(port: 5672)]
    /// What happens when a client names a hub that does not exist.
    package var unknownHubs = UnknownHubs.create(partitionCount: 4)
    /// What happens when a receiver's position lies behind the last event.
    package var beyondEnd = BeyondEnd.refuse
    /// How long a token counts after its expiry, in seconds.
    package var clockSkew: Int64 = 300
    /// The largest message, of one event or many, in bytes.
    package var messageByteCountMax = 1 << 20
    /// How many connections there may be.
    package var connectionCountMax = 5_000
    /// What one connection may have waiting for the log, in bytes, before no more of it is read.
    package var inFlightByteCountMax = 4 << 20
    /// The same for all connections together.
    package var totalInFlightByteCountMax = 64 << 20
    /// How many messages a sender may have under way on a link.
    package var senderCredit: UInt32 = 1_000
    /// How many receivers without an epoch one partition and consumer group may have.
    package var receiverCountMax = 5
    /// How many threads serve the connections.
    package var threadCount = 2
    /// How long connections have to end when the endpoint stops, in milliseconds.
    package var shutdownMilliseconds: Int64 = 5_000

    /// The defaults: plain AMQP on loopback.
    package init() {}
}
