internal import Bytes

extension LogState {
    /// The changes that make this state out of nothing, encoded, in an order that depends on the
    /// state alone.
    func encodeSnapshot() -> [UInt8] {
        var writer = ByteWriter(reserving: 64 << 10)
        StateChange.allocators(nextIncarnation: nextIncarnation, nextProducer: nextProducer)
            .encode(into: &writer)
        StateChange.firstSegment(firstSegment).encode(into: &writer)
        for former in formerStores { StateChange.formerStore(former).encode(into: &writer) }
        for epoch in clockEpochs { StateChange.clockEpoch(epoch).encode(into: &writer) }
        for incarnation in streams.keys.sorted() {
            if let stream = streams[incarnation] { encode(stream, into: &writer) }
        }
        encodeFeeds(into: &writer)
        for id in producers.keys.sorted() {
            if let producer = producers[id] { encode(id, producer, into: &writer) }
        }
        return writer.bytes
    }

    /// The state that a snapshot describes. `block` is the last block before it.
    init(
        snapshot: [UInt8], after block: BlockNumber, chain: UInt32, clock: ClockReading
    ) throws(DecodeError) {
        self.init()
        var reader = ByteReader(snapshot.rawSpan)
        var changes: [StateChange] = []
        while !reader.isAtEnd { changes.append(try StateChange(&reader)) }
        apply(changes)
        advance(past: block, chain: chain, clock: clock)
    }

    private func encode(_ stream: StreamState, into writer: inout ByteWriter) {
        StateChange.stream(stream.definition).encode(into: &writer)
        for (index, partition) in stream.partitions.enumerated() {
            let id = PartitionID(stream.definition.incarnation, UInt32(index))
            if partition.end > 0 {
                StateChange.end(id, offset: partition.end).encode(into: &writer)
            }
            if partition.start > 0 {
                StateChange.logStart(id, offset: partition.start).encode(into: &writer)
            }
            for gap in partition.gaps.gaps { StateChange.gap(id, gap).encode(into: &writer) }
        }
    }

    private func encodeFeeds(into writer: inout ByteWriter) {
        let named = feeds.sorted {
            ($0.key.incarnation, $0.key.name) < ($1.key.incarnation, $1.key.name)
        }
        for (key, gate) in named { StateChange.feed(key, gate: gate).encode(into: &writer) }
        let placed = positions.sorted {
            ($0.key.kind.rawValue, $0.key.name, $0.key.partition)
                < ($1.key.kind.rawValue, $1.key.name, $1.key.partition)
        }
        for (key, position) in placed {
            StateChange.position(key, position).encode(into: &writer)
        }
    }

    private func encode(
        _ id: ProducerID, _ producer: ProducerState, into writer: inout ByteWriter
    ) {
        StateChange.producer(
            id, epoch: producer.epoch, lastUsed: producer.lastUsed, name: producer.name
        ).encode(into: &writer)
        for (partition, window) in producer.windows.sorted(by: { $0.key < $1.key }) {
            StateChange.window(id, partition, window).encode(into: &writer)
        }
    }

    /// Lets producers go that have not been heard of for `span` milliseconds of the store's age,
    /// but for those that the block to come names.
    mutating func expireProducers(idleFor span: Int64, sparing named: Set<ProducerID>) {
        let idle = producers.filter { id, producer in
            clock.age &- producer.lastUsed > span && !named.contains(id)
        }.keys
        apply(idle.map(StateChange.producerExpired))
    }
}
