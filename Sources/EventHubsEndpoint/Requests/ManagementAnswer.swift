internal import AMQP
internal import EventModel
internal import StreamLog
internal import StreamModel

/// What `$management` tells of hubs and partitions.
enum ManagementAnswer {
    /// What a client asks about.
    enum Question: Hashable, Sendable {
        case hub(String)
        case partition(hub: String, id: String)

        var hub: String {
            switch self {
            case .hub(let name), .partition(let name, _): name
            }
        }

        /// Nil for a request that asks nothing this node knows.
        init?(_ request: RequestMessage) {
            guard request.text("operation")?.uppercased() == "READ",
                let name = request.text("name")
            else { return nil }
            switch request.text("type") {
            case "com.microsoft:eventhub": self = .hub(name)
            case "com.microsoft:partition":
                guard let id = request.text("partition") else { return nil }
                self = .partition(hub: name, id: id)
            default: return nil
            }
        }
    }

    static func hub(_ hub: StreamDefinition, asked name: String) -> AMQPValue {
        let ids = (0..<hub.partitionCount).map(String.init)
        return .map(
            AMQPMap(strings: [
                "name": .string(name),
                "type": .string("com.microsoft:eventhub"),
                "created_at": .timestamp(hub.createdAt),
                "partition_count": .int(Int32(clamping: hub.partitionCount)),
                "partition_ids": .array(AMQPArray(strings: ids)),
                "georeplication_factor": .int(1),
            ]))
    }

    static func partition(
        _ id: PartitionID, of hub: StreamDefinition, asked name: String, _ facts: PartitionFacts
    ) -> AMQPValue {
        .map(
            AMQPMap(strings: [
                "name": .string(name),
                "type": .string("com.microsoft:partition"),
                "partition": .string(String(id.index)),
                "begin_sequence_number": .long(facts.begin),
                "last_enqueued_sequence_number": .long(facts.end - 1),
                "last_enqueued_offset": .string(String(facts.end - 1)),
                "last_enqueued_time_utc": .timestamp(facts.last?.enqueuedTime ?? hub.createdAt),
                "is_partition_empty": .boolean(facts.isEmpty),
            ]))
    }
}
