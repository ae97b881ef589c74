import StreamLog
import StreamModel

/// A producer that numbers its events, as the log has to remember it.
struct NumberedProducer {
    let id: ProducerID
    let epoch: Int16
    let partition: PartitionID
    /// The number of its next event.
    var next: Int32 = 0
    /// Its last batches that were acknowledged, oldest first.
    var stored: [Batch] = []
    /// A batch that was not acknowledged, and that it has to send again before any other.
    var open: Batch?

    /// Events that are sent together, always under the same numbers.
    struct Batch {
        let ids: [EventID]
        let sequence: Int32
        var offset: Int64?
    }
}

extension Simulation {
    /// A producer sends on: something new, what was not answered, or again what was.
    func appendNumbered() throws {
        if producers.count < 3 || chance(10) { try registerProducer() }
        producers.removeAll { model.partitions[$0.partition] == nil || isGone($0.partition) }
        guard !producers.isEmpty else { return }
        let index = draw(0...(producers.count - 1))
        var producer = producers[index]
        if producer.open == nil, let old = pick(producer.stored), chance(25) {
            return try repeatBatch(old, index)
        }
        // WHY: a producer nobody knows yet may begin with any number, as Kafka has it.
        if producer.open == nil, !producer.stored.isEmpty, chance(8) {
            return try skipNumbers(producer)
        }
        let batch =
            producer.open
            ?? NumberedProducer.Batch(ids: makeEvents(), sequence: producer.next)
        for id in batch.ids { model.sendAgain(id) }
        producer.open = batch
        producers[index] = producer
        try send(batch, producer) { [self] result throws(Violation) in
            try answered(batch, index, result)
        }
        try turn()
    }

    func isGone(_ id: PartitionID) -> Bool {
        !model.streams.values.contains { $0.incarnation == id.incarnation }
    }

    private func registerProducer() throws {
        guard let partition = pick(model.livePartitions) else { return }
        let request = StateRequest.registerProducer(name: nil, .keepEpoch)
        submit(Commit(requests: [request])) { [self] result throws(Violation) in
            guard case .success(let receipt) = result,
                case .producer(let id, let epoch) = receipt.answers.first
            else { return trace.note("  no producer") }
            producers.append(NumberedProducer(id: id, epoch: epoch, partition: partition))
        }
        try turn()
    }

    private func send(
        _ batch: NumberedProducer.Batch, _ producer: NumberedProducer, _ handler: @escaping Handler
    ) throws {
        let stamp = BatchProducer(
            id: producer.id.rawValue, epoch: producer.epoch, baseSequence: batch.sequence)
        let encoded = try encode(batch.ids, producer.partition, from: stamp)
        submit(Commit(appends: [Commit.Append(encoded, to: producer.partition)]), handler)
    }

    private func answered(
        _ batch: NumberedProducer.Batch, _ index: Int,
        _ result: Result<CommitReceipt, CommitError>
    ) throws(Violation) {
        let producer = producers[index]
        let place = "\(batch.ids) of \(producer.id.rawValue) in \(producer.partition.text)"
        switch result {
        case .success(let receipt):
            let offset: Int64?
            switch receipt.appends.first {
            case .appended(let base): offset = base.rawValue
            case .duplicate(let base): offset = base?.rawValue
            case nil: throw Violation("P1", "a batch was answered without an outcome")
            }
            if !wentUnseen(batch.ids, at: offset, of: producer.partition) {
                try model.acknowledge(batch.ids, at: offset)
            }
            var done = batch
            done.offset = offset
            producers[index].open = nil
            producers[index].next = batch.sequence + Int32(batch.ids.count)
            producers[index].stored.append(done)
            if producers[index].stored.count > 4 { producers[index].stored.removeFirst() }
            trace.note("  \(place) \(receipt.appends.map(Self.text))")
        case .failure(let error):
            trace.note("  \(place) \(Words.of(error))")
            if case .producer = error {
                throw Violation("P2", "a producer's next batch is refused: \(Words.of(error))")
            }
            model.doubt(batch.ids)
        }
    }

    /// Whether events were found when the store was opened, and expired before anybody looked.
    private func wentUnseen(_ ids: [EventID], at offset: Int64?, of id: PartitionID) -> Bool {
        guard let offset, let known = model.partitions[id] else { return false }
        return known.gone[offset] != nil && known.placed[offset] == nil
    }

    /// What was acknowledged before is a duplicate, at the offset it had.
    private func repeatBatch(_ batch: NumberedProducer.Batch, _ index: Int) throws {
        try send(batch, producers[index]) { [self] result throws(Violation) in
            switch result {
            case .success(let receipt):
                guard case .duplicate(let base) = receipt.appends.first else {
                    throw Violation("P3", "a batch was taken twice: \(batch.ids)")
                }
                if let base, let offset = batch.offset {
                    try require(
                        base.rawValue == offset, "P2",
                        "a duplicate is said to be at \(base.rawValue), and is at \(offset)")
                }
            case .failure(let error): trace.note("  \(Words.of(error))")
            }
        }
        try turn()
    }

    /// Numbers that leave some out are refused.
    private func skipNumbers(_ producer: NumberedProducer) throws {
        let batch = NumberedProducer.Batch(
            ids: makeEvents(), sequence: producer.next + Int32(draw(1...9)))
        try send(batch, producer) { [self] result throws(Violation) in
            switch result {
            case .success: throw Violation("P3", "a batch was taken although others are missing")
            case .failure(let error):
                trace.note("  \(Words.of(error))")
                if case .storage = error {
                    model.doubt(batch.ids)
                } else {
                    try model.refuse(batch.ids)
                }
            }
        }
        try turn()
    }
}
