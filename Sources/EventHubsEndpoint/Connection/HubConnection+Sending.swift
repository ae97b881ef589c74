internal import AMQP
internal import Bytes
internal import Compression
internal import EventModel
internal import StreamLog
internal import StreamModel

/// Events for one partition that came with one read and go to the log as one batch.
struct StagedBatch {
    /// A batch of this size is closed, and the next message begins another.
    static let byteCountMax = 1 << 20

    let compression: StreamConfiguration.Compression
    var builder = RecordBatchBuilder()
    var deliveries = StagedDeliveries()

    init(_ compression: StreamConfiguration.Compression) { self.compression = compression }
}

/// Whom to tell what became of a batch.
struct StagedDeliveries: Sendable {
    var ids: [(link: LinkID, id: DeliveryID, isSettled: Bool)] = []
    var byteCount = 0
    var eventCount = 0

    mutating func add(_ delivery: Delivery) {
        ids.append((delivery.link, delivery.id, delivery.isSettled))
        byteCount += delivery.byteCount
    }
}

extension HubConnection {
    /// Takes a message of a peer.
    func delivered(_ delivery: Delivery, _ message: RawSpan) {
        switch links[delivery.link] {
        case .requests(let node): requested(node, delivery, message)
        case .sender(let sender): sent(delivery, message, over: sender)
        case .resolving, .answers, .receiver, nil: break
        }
    }

    private func sent(_ delivery: Delivery, _ message: RawSpan, over sender: SenderLink) {
        sender.inFlight += 1
        do throws(AMQPError) {
            let incoming: IncomingMessage
            do throws(EventError) {
                incoming = try IncomingMessage(message, format: delivery.messageFormat)
            } catch {
                throw Condition.of(error)
            }
            let partition = choosePartition(incoming, sender)
            if let note = incoming.producer {
                commitStaged(partition)
                try commit(numbered: incoming, message, note, delivery, to: partition, sender)
            } else {
                try stage(incoming, message, delivery, to: partition, sender)
            }
        } catch {
            settle([(delivery.link, delivery.id, delivery.isSettled)], .rejected(traced(error)))
        }
    }

    private func choosePartition(
        _ incoming: IncomingMessage, _ sender: SenderLink
    ) -> PartitionID {
        // WHY: a key may come with it, because buffering producers hash keys themselves.
        if let partition = sender.partition { return partition }
        let count = sender.hub.partitionCount
        let index =
            if let key = incoming.partitionKey {
                PartitionHash.partition(forKey: key.rawSpan, count: count)
            } else {
                sender.roundRobin.next(count: count)
            }
        return PartitionID(sender.hub.incarnation, UInt32(index.rawValue))
    }

    private func stage(
        _ incoming: IncomingMessage, _ message: RawSpan, _ delivery: Delivery,
        to partition: PartitionID, _ sender: SenderLink
    ) throws(AMQPError) {
        let room = RecordBatch.byteCountMax - (staged[partition]?.builder.byteCount ?? 0)
        if incoming.recordByteCountMax > room { commitStaged(partition) }
        var batch =
            staged.removeValue(forKey: partition)
            ?? StagedBatch(sender.hub.configuration.compression)
        let wasEmpty = batch.builder.isEmpty
        do throws(EventError) {
            try incoming.append(
                eventsOf: message, to: &batch.builder,
                receivedAt: Timestamp(milliseconds: parts.now))
        } catch {
            // Only a message that had the batch for itself can be too large for it.
            precondition(wasEmpty, "a message was to fit and did not: \(error)")
            throw Condition.of(error)
        }
        batch.deliveries.add(delivery)
        let isFull = batch.builder.byteCount >= StagedBatch.byteCountMax
        staged[partition] = batch
        if isFull { commitStaged(partition) }
    }

    private func commit(
        numbered incoming: IncomingMessage, _ message: RawSpan, _ note: ProducerNote,
        _ delivery: Delivery, to partition: PartitionID, _ sender: SenderLink
    ) throws(AMQPError) {
        guard note.id >= 0, note.epoch >= 0, note.sequence >= 0 else {
            throw AMQPError(.argumentError, "The producer's numbers cannot be negative.")
        }
        var batch = StagedBatch(sender.hub.configuration.compression)
        do throws(EventError) {
            try incoming.append(
                eventsOf: message, to: &batch.builder,
                receivedAt: Timestamp(milliseconds: parts.now))
        } catch {
            throw Condition.of(error)
        }
        batch.deliveries.add(delivery)
        commit(
            batch, to: partition,
            from: BatchProducer(id: note.id, epoch: note.epoch, baseSequence: note.sequence))
    }

    // MARK: The log

    /// Hands everything that is staged to the log.
    func commitStaged() {
        guard !staged.isEmpty else { return }
        for partition in Array(staged.keys) { commitStaged(partition) }
    }

    private func commitStaged(_ partition: PartitionID) {
        guard let batch = staged.removeValue(forKey: partition) else { return }
        commit(batch, to: partition, from: nil)
    }

    private func commit(
        _ staged: consuming StagedBatch, to partition: PartitionID, from producer: BatchProducer?
    ) {
        let batch = BatchCompressor.finish(
            &staged.builder, staged.compression, from: producer)
        var counted = staged.deliveries
        counted.eventCount = batch.count
        let deliveries = counted
        inFlightByteCount += deliveries.byteCount
        parts.budget.take(deliveries.byteCount)
        let later = later()
        let budget = parts.budget
        let start = ContinuousClock.now
        parts.log.enqueue(
            Commit(appends: [Commit.Append(batch, to: partition)])
        ) { result in
            budget.give(back: deliveries.byteCount)
            later { $0.committed(deliveries, result, after: ContinuousClock.now - start) }
        }
    }

    private func committed(
        _ deliveries: StagedDeliveries, _ result: Result<CommitReceipt, CommitError>,
        after duration: Duration
    ) {
        inFlightByteCount -= deliveries.byteCount
        switch result {
        case .success:
            parts.metrics.count(
                received: deliveries.eventCount, byteCount: deliveries.byteCount,
                after: duration)
            settle(deliveries.ids, .accepted)
        case .failure(let error):
            let condition = traced(Condition.of(error))
            settle(deliveries.ids, .rejected(condition))
            guard case .producer(.fenced) = error else { return }
            for delivery in deliveries.ids { detach(delivery.link, condition) }
        }
    }

    /// Tells the peer what became of messages, and lets it send others instead.
    private func settle(
        _ deliveries: [(link: LinkID, id: DeliveryID, isSettled: Bool)], _ state: DeliveryState
    ) {
        if case .rejected = state { parts.metrics.count(refused: deliveries.count) }
        var last: SenderLink?
        for delivery in deliveries {
            if !delivery.isSettled { engine.settle(delivery.id, state) }
            if last?.id != delivery.link {
                if let last { replenish(last) }
                last = nil
                if case .sender(let sender) = links[delivery.link] { last = sender }
            }
            last?.inFlight -= 1
        }
        if let last { replenish(last) }
    }

    private func replenish(_ sender: SenderLink) {
        let target = Int(parts.configuration.senderCredit)
        let left = Int(engine.creditLeft(of: sender.id))
        guard left + sender.inFlight <= target / 2 || left == 0 else { return }
        engine.grant(credit: UInt32(max(0, target - sender.inFlight)), on: sender.id)
    }

    /// Whether the peer has to wait, because what it sent before is not in the log yet.
    var isHeldBack: Bool {
        inFlightByteCount > 0
            && (inFlightByteCount >= parts.configuration.inFlightByteCountMax
                || parts.budget.isExhausted)
    }
}
