internal import AMQP
internal import Access
internal import StreamLog
internal import StreamModel

/// What one link of a connection is for.
enum LinkUse {
    /// Its hub is being looked up.
    case resolving
    /// The peer sends requests over it.
    case requests(RequestNode)
    /// Answers go out over it.
    case answers(AnswerLink)
    case sender(SenderLink)
    case receiver(ReceiverLink)
}

/// Carries the answers of a request node. Those that find no credit wait, up to a limit.
final class AnswerLink {
    static let waitingCountMax = 64

    let node: RequestNode
    /// What requests call it in `reply-to`.
    let address: String?
    /// Links that were attached later have a higher one.
    let order: UInt64
    var waiting: [RequestAnswer] = []

    init(_ node: RequestNode, address: String?, order: UInt64) {
        self.node = node
        self.address = address
        self.order = order
    }
}

/// Carries events of a producer to a hub.
final class SenderLink {
    let id: LinkID
    let address: String
    let path: ResourcePath
    let hub: StreamDefinition
    /// Nil where the hub chooses.
    let partition: PartitionID?
    /// Messages that wait for the log.
    var inFlight = 0
    var roundRobin: RoundRobin
    /// Set for a producer that numbers its events.
    var producer: ProducerRegistration?

    /// Under which numbers a link produces.
    struct ProducerRegistration {
        let id: Int64
        let link: UInt64
    }

    init(
        _ id: LinkID, address: String, hub: StreamDefinition, partition: PartitionID?, turn: UInt32
    ) {
        self.id = id
        self.address = address
        path = ResourcePath(address)
        self.hub = hub
        self.partition = partition
        roundRobin = RoundRobin(startingAt: turn)
    }
}

/// Carries the events of one partition to a consumer.
final class ReceiverLink {
    let id: LinkID
    let address: String
    let path: ResourcePath
    let key: HubDirectory.ConsumerKey
    let registration: UInt64
    /// Whether each event says how far its partition reaches.
    let wantsNews: Bool
    var feed: PartitionFeed
    /// Set while the link waits for the partition's next event.
    var ticket: NewsTicket?
    var isWaiting = false

    init(
        _ id: LinkID, address: String, key: HubDirectory.ConsumerKey, registration: UInt64,
        wantsNews: Bool, feed: PartitionFeed
    ) {
        self.id = id
        self.address = address
        path = ResourcePath(address)
        self.key = key
        self.registration = registration
        self.wantsNews = wantsNews
        self.feed = feed
    }
}
