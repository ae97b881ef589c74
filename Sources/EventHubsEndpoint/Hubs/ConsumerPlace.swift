internal import AMQP

/// Who receives from one partition in one consumer group, and who may: the rules of epochs.
///
/// A receiver with an epoch is alone; one with the same or a higher epoch takes over from it.
/// Without epochs several share the partition, each with all events.
struct ConsumerPlace: Sendable {
    /// One receiver.
    struct Receiver: Sendable {
        let id: UInt64
        let epoch: Int64?
        /// What it calls itself, for messages to people.
        let name: String?
        /// Detaches its link with an error. Called from any thread.
        let evict: @Sendable (AMQPError) -> Void
    }

    /// What a new receiver comes to.
    enum Verdict {
        /// It may receive; these may not any more, for the reason given with each.
        case admitted(evicted: [(Receiver, AMQPError)])
        case refused(AMQPError)
    }

    private(set) var receivers: [Receiver] = []

    var isEmpty: Bool { receivers.isEmpty }

    mutating func remove(_ id: UInt64) { receivers.removeAll { $0.id == id } }

    mutating func admit(_ new: Receiver, limit: Int) -> Verdict {
        let current = receivers.compactMap(\.epoch).max()
        guard let epoch = new.epoch else { return admitShared(new, current, limit: limit) }
        if let current, epoch < current {
            return .refused(
                AMQPError(
                    .linkStolen,
                    "Receiver '\(new.name ?? "nil")' with a higher epoch '\(current)' already "
                        + "exists. Receiver with epoch \(epoch) cannot be created. Make sure you "
                        + "are creating receiver with increasing epoch value to ensure "
                        + "connectivity, or ensure all old epoch receivers are closed or "
                        + "disconnected."))
        }
        let evicted = receivers.map { ($0, Self.stolen(from: $0, by: new, epoch)) }
        receivers = [new]
        return .admitted(evicted: evicted)
    }

    private mutating func admitShared(
        _ new: Receiver, _ current: Int64?, limit: Int
    ) -> Verdict {
        if let current {
            return .refused(
                AMQPError(
                    .linkStolen,
                    "At least one receiver for the endpoint is created with epoch of "
                        + "'\(current)', and so non-epoch receiver is not allowed. Either "
                        + "reconnect with a higher epoch, or make sure all epoch receivers are "
                        + "closed or disconnected."))
        }
        guard receivers.count < limit else {
            let names = receivers.map { $0.name ?? "nil" }.joined(separator: ", ")
            return .refused(
                AMQPError(
                    .resourceLimitExceeded,
                    "Exceeded the maximum number of allowed receivers per partition in a "
                        + "consumer group which is \(limit). List of connected receivers - "
                        + "\(names)."))
        }
        receivers.append(new)
        return .admitted(evicted: [])
    }

    private static func stolen(from old: Receiver, by new: Receiver, _ epoch: Int64) -> AMQPError {
        let former = old.epoch.map { "with epoch '\($0)' " } ?? "without epoch "
        return AMQPError(
            .linkStolen,
            "New receiver '\(new.name ?? "nil")' with higher epoch of '\(epoch)' is created hence "
                + "current receiver '\(old.name ?? "nil")' \(former)is getting disconnected. If "
                + "you are recreating the receiver, make sure a higher epoch is used.")
    }
}
