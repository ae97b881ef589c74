internal import AMQP
internal import Access
internal import StreamLog
internal import StreamModel

extension HubConnection {
    /// Answers a link that the peer attached, at once or when its hub has been found.
    func attached(_ link: LinkID, _ attach: Attach) {
        let isProducer = attach.role == .sender
        let text = isProducer ? attach.target?.address : attach.source?.address
        guard let text, let address = LinkAddress(text) else {
            return refuse(link, Condition.entityNotFound(text ?? "nil"))
        }
        switch (address, isProducer) {
        case (.tokens, _): acceptRequests(.tokens, link, attach)
        case (.management, _): acceptRequests(.management, link, attach)
        case (.hub(let hub), true): resolveSender(link, attach, text, hub, partition: nil)
        case (.partition(let hub, let id), true):
            resolveSender(link, attach, text, hub, partition: id)
        case (.consumer(let hub, let group, let id), false):
            resolveReceiver(link, attach, text, hub, group: group, partition: id)
        case (.consumer, true), (.hub, false), (.partition, false):
            refuse(
                link, AMQPError(.notAllowed, "Nothing of this kind can be attached to '\(text)'."))
        }
    }

    func refuse(_ link: LinkID, _ error: AMQPError) {
        links[link] = nil
        engine.refuse(link, traced(error))
    }

    private func acceptRequests(_ node: RequestNode, _ link: LinkID, _ attach: Attach) {
        var terms = LinkTerms(answering: attach)
        terms.messageByteCountMax = Self.requestByteCountMax
        engine.accept(link, terms)
        if attach.role == .sender {
            links[link] = .requests(node)
            engine.grant(credit: Self.requestCredit, on: link)
        } else {
            links[link] = .answers(
                AnswerLink(
                    node, address: attach.target?.address, order: parts.hubs.newID()))
        }
    }

    // MARK: Senders

    private func resolveSender(
        _ link: LinkID, _ attach: Attach, _ text: String, _ name: String, partition id: String?
    ) {
        guard mayDo(.send, ResourcePath(text)) else {
            return refuse(link, Condition.unauthorized(.send, text))
        }
        links[link] = .resolving
        let later = later()
        parts.hubs.resolve(name) { result in
            later { $0.resolvedSender(link, attach, text, result, partition: id) }
        }
    }

    private func resolvedSender(
        _ link: LinkID, _ attach: Attach, _ text: String,
        _ result: Result<StreamDefinition, AMQPError>, partition id: String?
    ) {
        guard case .resolving = links[link] else { return }
        let hub: StreamDefinition
        switch result {
        case .success(let found): hub = found
        case .failure(let error): return refuse(link, error)
        }
        var partition: PartitionID?
        if let id {
            partition = parts.hubs.partition(id, of: hub)
            guard partition != nil else {
                return refuse(link, unknownPartition(id, of: hub))
            }
        }
        let sender = SenderLink(
            link, address: text, hub: hub, partition: partition,
            turn: UInt32(truncatingIfNeeded: parts.hubs.newID()))
        if let partition, ProducerTerms.areWanted(by: attach) {
            number(sender, partition, attach)
        } else {
            accept(sender, attach, properties: nil)
        }
    }

    func unknownPartition(_ id: String, of hub: StreamDefinition) -> AMQPError {
        AMQPError(
            .argumentOutOfRange,
            "The specified partition '\(id)' is invalid for an EventHub with "
                + "'\(hub.partitionCount)' partitions.")
    }

    func accept(_ sender: SenderLink, _ attach: Attach, properties: AMQPMap?) {
        var terms = LinkTerms(answering: attach)
        // WHY: a client takes over what is answered, and must go on waiting for its dispositions.
        if terms.senderSettleMode == .settled { terms.senderSettleMode = .mixed }
        terms.messageByteCountMax = UInt64(parts.configuration.messageByteCountMax)
        terms.source?.expiryPolicy = "session-end"
        terms.target?.expiryPolicy = "session-end"
        terms.properties = properties
        if properties != nil { terms.offeredCapabilities = [ProducerTerms.capability] }
        engine.accept(sender.id, terms)
        links[sender.id] = .sender(sender)
        engine.grant(credit: parts.configuration.senderCredit, on: sender.id)
    }

    // MARK: Receivers

    private func resolveReceiver(
        _ link: LinkID, _ attach: Attach, _ text: String, _ name: String, group: String,
        partition id: String
    ) {
        guard mayDo(.listen, ResourcePath(text)) else {
            return refuse(link, Condition.unauthorized(.listen, text))
        }
        guard (try? ConsumerGroupName(group)) != nil else {
            return refuse(link, Condition.entityNotFound("\(name)/consumergroups/\(group)"))
        }
        links[link] = .resolving
        let later = later()
        parts.hubs.resolve(name) { result in
            later { $0.resolvedReceiver(link, attach, text, result, group, id) }
        }
    }

    private func resolvedReceiver(
        _ link: LinkID, _ attach: Attach, _ text: String,
        _ result: Result<StreamDefinition, AMQPError>, _ group: String, _ id: String
    ) {
        guard case .resolving = links[link] else { return }
        do throws(AMQPError) {
            let hub = try result.get()
            guard let partition = parts.hubs.partition(id, of: hub) else {
                throw unknownPartition(id, of: hub)
            }
            let start = try startOffset(attach.source?.filter, partition, hub)
            try admit(link, attach, text, partition, group, start)
        } catch {
            refuse(link, error)
        }
    }

    private func startOffset(
        _ filter: AMQPMap?, _ id: PartitionID, _ hub: StreamDefinition
    ) throws(AMQPError) -> Offset {
        let position: StartPosition
        do throws(StartPosition.Refusal) {
            position = try StartPosition(filter: filter)
        } catch {
            throw AMQPError(
                .argumentError, "The filter '\(error.expression)' is not one of a position.")
        }
        do throws(ReadError) {
            let bounds = try parts.log.bounds(of: id)
            switch position {
            case .earliest: return Offset(unchecked: bounds.lowerBound)
            case .latest: return Offset(unchecked: bounds.upperBound)
            case .time(let time, let isInclusive):
                let first = isInclusive ? time : time.addingReportingOverflow(1).partialValue
                return try parts.log.offset(
                    of: id, at: Timestamp(milliseconds: first), by: .append)
            case .sequence(let number, let isInclusive):
                let first = isInclusive ? number : number.addingReportingOverflow(1).partialValue
                if let offset = Offset(first), first <= bounds.upperBound { return offset }
            }
            if parts.configuration.beyondEnd == .clamp {
                return Offset(unchecked: bounds.upperBound)
            }
            throw .offsetOutOfRange(Self.number(position), valid: bounds)
        } catch {
            if case .offsetOutOfRange(let number, let valid) = error {
                throw AMQPError(
                    .argumentError,
                    "The supplied offset '\(number)' is invalid. The last offset in the system is "
                        + "'\(valid.upperBound - 1)'")
            }
            throw Condition.of(error, hub: hub.name.text)
        }
    }

    private static func number(_ position: StartPosition) -> Int64 {
        if case .sequence(let number, _) = position { number } else { -1 }
    }

    private func admit(
        _ link: LinkID, _ attach: Attach, _ text: String, _ partition: PartitionID,
        _ group: String, _ start: Offset
    ) throws(AMQPError) {
        let key = HubDirectory.ConsumerKey(partition, group: group)
        let id = parts.hubs.newID()
        let later = later()
        let receiver = ConsumerPlace.Receiver(
            id: id, epoch: attach.properties?[symbol: "com.microsoft:epoch"]?.integer,
            name: attach.properties?[symbol: "com.microsoft:receiver-name"]?.text
        ) { error in
            later { $0.detach(link, error) }
        }
        if let refusal = parts.hubs.admit(receiver, to: key) { throw refusal }

        let metrics: Symbol = "com.microsoft:enable-receiver-runtime-metric"
        let wantsNews = attach.desiredCapabilities.contains(metrics)
        var terms = LinkTerms(answering: attach)
        terms.senderSettleMode = .settled
        terms.source?.expiryPolicy = "session-end"
        terms.target?.expiryPolicy = "session-end"
        if wantsNews { terms.offeredCapabilities = [metrics] }
        terms.messageByteCountMax = UInt64(parts.configuration.messageByteCountMax)
        links[link] = .receiver(
            ReceiverLink(
                link, address: text, key: key, registration: id, wantsNews: wantsNews,
                feed: PartitionFeed(partition, from: start)))
        engine.accept(link, terms)
    }
}
