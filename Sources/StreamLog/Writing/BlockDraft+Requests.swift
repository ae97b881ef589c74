internal import StreamModel

extension BlockDraft {
    /// Adds a change of state that a caller asked for. When it throws, the draft may be changed.
    mutating func add(
        _ request: StateRequest, _ state: LogState
    ) throws(CommitError) -> StateAnswer {
        switch request {
        case .createStream(let name, let count, let configuration):
            return try create(name, count, configuration, state)
        case .configureStream(let name, let count, let configuration):
            return try configure(name, count, configuration, state)
        case .deleteStream(let name):
            let incarnation = try definition(name, state).incarnation
            add(.streamDeleted(incarnation))
            fresh.streams[name] = nil
            fresh.deletedIncarnations.insert(incarnation)
            fresh.deleted.insert(name)
            return .done
        case .registerProducer(let name, let fencing): return register(name, fencing, state)
        case .setPosition(let key, let position): return try set(position, for: key, state)
        case .removePositions(let kind, let name, let incarnation):
            for key in state.positions.keys
            where key.kind == kind && key.name == name && key.partition.incarnation == incarnation {
                add(.positionRemoved(key))
            }
            return .done
        case .setFeed(let key, let gate):
            _ = try stream(key.incarnation, state)
            add(.feed(key, gate: gate))
            return .done
        case .removeFeed(let key):
            guard state.feeds[key] != nil else { throw .stream(.unknownFeed(key.name)) }
            add(.feedRemoved(key))
            return .done
        case .recordGap(let id, let gap):
            let end = end(of: id, state)
            _ = try stream(id.incarnation, state)
            guard state.partition(id) != nil, gap.offsets.upperBound <= end else {
                throw .stream(.badOffset(gap.offsets.upperBound, valid: 0...end))
            }
            add(.gap(id, gap))
            return .done
        }
    }

    private func definition(
        _ name: StreamName, _ state: LogState
    ) throws(CommitError) -> StreamDefinition {
        if let created = fresh.streams[name] { return created }
        guard !fresh.deleted.contains(name), let known = state.stream(named: name) else {
            throw .stream(.unknown(name.text))
        }
        return known
    }

    private mutating func create(
        _ name: StreamName, _ count: Int, _ configuration: StreamConfiguration, _ state: LogState
    ) throws(CommitError) -> StateAnswer {
        if (try? definition(name, state)) != nil { throw .stream(.exists(name)) }
        guard (1...LogLimits.partitionCountMax).contains(count) else {
            throw .stream(.badPartitionCount(count, current: nil))
        }
        let incarnation = fresh.nextIncarnation ?? state.nextIncarnation
        guard incarnation < .max - 1 else {
            throw .full(.state(byteCount: Int(incarnation), limit: Int(UInt32.max - 1)))
        }
        fresh.nextIncarnation = incarnation + 1
        let definition = StreamDefinition(
            incarnation: StreamIncarnation(rawValue: incarnation), name: name,
            partitionCount: count, configuration: configuration.bounded, createdAt: appendTime)
        fresh.streams[name] = definition
        fresh.deleted.remove(name)
        add(.stream(definition))
        return .stream(definition)
    }

    private mutating func configure(
        _ name: StreamName, _ count: Int?, _ configuration: StreamConfiguration?, _ state: LogState
    ) throws(CommitError) -> StateAnswer {
        var changed = try definition(name, state)
        if let count {
            guard count >= changed.partitionCount, count <= LogLimits.partitionCountMax else {
                throw .stream(.badPartitionCount(count, current: changed.partitionCount))
            }
            changed.partitionCount = count
        }
        if let configuration { changed.configuration = configuration.bounded }
        fresh.streams[name] = changed
        add(.stream(changed))
        return .stream(changed)
    }

    private mutating func register(
        _ name: ProducerName?, _ fencing: StateRequest.Fencing, _ state: LogState
    ) -> StateAnswer {
        var producer: KnownProducer
        if let name, let known = known(name, state) {
            producer = known
            if fencing == .raiseEpoch && producer.epoch < .max { producer.epoch += 1 }
        } else {
            let next = fresh.nextProducer ?? state.nextProducer
            fresh.nextProducer = next + 1
            producer = KnownProducer(id: ProducerID(rawValue: next), epoch: 0)
        }
        if let name { fresh.producers[name.text] = producer }
        add(
            .producer(
                producer.id, epoch: producer.epoch, lastUsed: state.clock.age,
                name: name?.text ?? ""))
        return .producer(producer.id, epoch: producer.epoch)
    }

    private func known(_ name: ProducerName, _ state: LogState) -> KnownProducer? {
        if let registered = fresh.producers[name.text] { return registered }
        guard let id = state.producerIDs[name.text], let producer = state.producers[id] else {
            return nil
        }
        return KnownProducer(id: id, epoch: producer.epoch)
    }

    private mutating func set(
        _ position: Position, for key: PositionKey, _ state: LogState
    ) throws(CommitError) -> StateAnswer {
        let count = try stream(key.partition.incarnation, state).partitions.count
        guard let partition = state.partition(key.partition) else {
            throw .stream(.unknownPartition(Int(key.partition.index), count: count))
        }
        let end = end(of: key.partition, state)
        guard position.offset >= 0, position.offset <= end else {
            throw .stream(.badOffset(position.offset, valid: partition.start...end))
        }
        guard position.metadata.count <= LogLimits.positionMetadataByteCountMax else {
            throw .tooLarge(
                .positionMetadata, byteCount: position.metadata.count,
                limit: LogLimits.positionMetadataByteCountMax)
        }
        add(.position(key, position))
        return .done
    }
}
