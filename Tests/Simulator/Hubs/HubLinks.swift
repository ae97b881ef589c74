import AMQP
import StreamLog

/// A link that sends, and what it has sent without having been told the outcome.
final class HubSender {
    let partition: PartitionID
    /// Set where events are numbered.
    let numbered: HubProducer?
    var isAttached = false
    var underWay: [UInt32: [EventID]] = [:]

    init(_ partition: PartitionID, _ numbered: HubProducer?) {
        self.partition = partition
        self.numbered = numbered
    }
}

/// A producer that numbers its events and outlives its connections.
final class HubProducer {
    let partition: PartitionID
    var id: Int64?
    var epoch: Int64?
    /// The number of its next event.
    var next: Int32 = 0
    /// What was not accepted yet, and has to be sent again before anything else.
    var open: (ids: [EventID], sequence: Int32)?

    init(_ partition: PartitionID) { self.partition = partition }
}

/// A link that receives one partition in one group.
final class HubReceiver {
    let partition: PartitionID
    let group: String
    let epoch: Int64?
    /// The offset that it may get next, if that is not gone.
    var next: Int64
    var isAttached = false
    /// What came and was not held against the model yet.
    var delivered: [(offset: Int64, body: [UInt8])] = []

    init(_ partition: PartitionID, group: String, epoch: Int64?, from offset: Int64) {
        self.partition = partition
        self.group = group
        self.epoch = epoch
        next = offset
    }
}
