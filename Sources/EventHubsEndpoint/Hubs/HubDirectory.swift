internal import AMQP
internal import StreamLog
internal import StreamModel
internal import Synchronization

/// What connections share: the hubs, who receives from them, and who produces with numbers.
final class HubDirectory: Sendable {
    let log: StreamLog
    private let configuration: EventHubsConfiguration
    private let state = Mutex(State())

    /// One partition in one consumer group.
    struct ConsumerKey: Hashable, Sendable {
        let partition: PartitionID
        /// Groups are the same whatever the case of their letters.
        let group: String

        init(_ partition: PartitionID, group: String) {
            self.partition = partition
            self.group = group.lowercased()
        }
    }

    private struct State {
        var places: [ConsumerKey: ConsumerPlace] = [:]
        var producers: [ProducerKey: ProducerClaim] = [:]
        var nextID: UInt64 = 1
    }

    private struct ProducerKey: Hashable {
        let id: Int64
        let partition: PartitionID
    }

    private struct ProducerClaim {
        let link: UInt64
        let epoch: Int16
        let evict: @Sendable (AMQPError) -> Void
    }

    init(_ log: StreamLog, _ configuration: EventHubsConfiguration) {
        self.log = log
        self.configuration = configuration
    }

    /// A number that no other link of this endpoint has.
    func newID() -> UInt64 {
        state.withLock { state in
            defer { state.nextID += 1 }
            return state.nextID
        }
    }

    // MARK: Hubs

    /// Finds a hub, or makes it where that is allowed. `answer` is called once, perhaps from the
    /// log's thread, perhaps before this returns.
    func resolve(
        _ name: String, _ answer: @escaping @Sendable (Result<StreamDefinition, AMQPError>) -> Void
    ) {
        let notFound = Condition.entityNotFound(name)
        guard let streamName = try? StreamName(name) else { return answer(.failure(notFound)) }
        if let found = find(streamName) { return answer(.success(found)) }
        guard case .create(let count) = configuration.unknownHubs else {
            return answer(.failure(notFound))
        }
        let request = StateRequest.createStream(
            streamName, partitionCount: count, StreamConfiguration())
        log.enqueue(Commit(requests: [request])) { [self] result in
            switch result {
            case .success:
                answer(find(streamName).map { .success($0) } ?? .failure(notFound))
            case .failure(.stream(.exists)):
                // Two clients named it at once.
                answer(find(streamName).map { .success($0) } ?? .failure(notFound))
            case .failure(let error): answer(.failure(Condition.of(error)))
            }
        }
    }

    /// By its exact name, else by the only one that differs in case alone, as Event Hubs has it.
    private func find(_ name: StreamName) -> StreamDefinition? {
        if let exact = try? log.stream(named: name) { return exact }
        let folded = name.text.lowercased()
        let like = log.streams().filter { $0.name.text.lowercased() == folded }
        return like.count == 1 ? like[0] : nil
    }

    /// The partition that a client names by its number.
    func partition(_ text: String, of hub: StreamDefinition) -> PartitionID? {
        guard let number = UInt32(text), number < hub.partitionCount else { return nil }
        return PartitionID(hub.incarnation, number)
    }

    // MARK: Receivers

    /// Lets a receiver in, or says why not. Whoever has to give way is told.
    func admit(_ receiver: ConsumerPlace.Receiver, to key: ConsumerKey) -> AMQPError? {
        let verdict = state.withLock { state in
            state.places[key, default: ConsumerPlace()].admit(
                receiver, limit: configuration.receiverCountMax)
        }
        switch verdict {
        case .refused(let error): return error
        case .admitted(let evicted):
            for (old, reason) in evicted { old.evict(reason) }
            return nil
        }
    }

    /// Forgets a receiver whose link is over.
    func leave(_ id: UInt64, _ key: ConsumerKey) {
        state.withLock { state in
            state.places[key]?.remove(id)
            if state.places[key]?.isEmpty ?? false { state.places[key] = nil }
        }
    }

    // MARK: Producers

    /// The epoch that a link produces in. A link of the same producer with a lower one is detached;
    /// nil when there is one with a higher epoch.
    func claim(
        _ producer: Int64, _ partition: PartitionID, epoch: Int16?, link: UInt64,
        evict: @escaping @Sendable (AMQPError) -> Void
    ) -> Int16? {
        let key = ProducerKey(id: producer, partition: partition)
        let (old, granted) = state.withLock { state -> (ProducerClaim?, Int16?) in
            let old = state.producers[key]
            let granted = epoch ?? old.map { $0.epoch == .max ? .max : $0.epoch + 1 } ?? 0
            if let old, old.epoch > granted { return (nil, nil) }
            state.producers[key] = ProducerClaim(link: link, epoch: granted, evict: evict)
            return (old, granted)
        }
        old?.evict(
            AMQPError(
                .producerEpochStolen,
                "Producer \(producer) is taken over with epoch '\(granted ?? 0)'."))
        return granted
    }

    /// Forgets a producer's link that is over, unless another has taken over.
    func release(_ producer: Int64, _ partition: PartitionID, link: UInt64) {
        let key = ProducerKey(id: producer, partition: partition)
        state.withLock { state in
            if state.producers[key]?.link == link { state.producers[key] = nil }
        }
    }
}
