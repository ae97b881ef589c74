internal import AMQP
internal import StreamLog
internal import StreamModel

/// What an idempotent producer asks for when it attaches, and what it is answered.
struct ProducerTerms {
    static let capability: Symbol = "com.microsoft:idempotent-producer"
    private static let id: Symbol = "com.microsoft:producer-id"
    private static let epoch: Symbol = "com.microsoft:producer-epoch"
    private static let sequence: Symbol = "com.microsoft:producer-sequence-number"

    /// Nil where the service is to choose.
    let id: Int64?
    let epoch: Int16?
    let sequence: Int32?

    static func areWanted(by attach: Attach) -> Bool {
        attach.desiredCapabilities.contains(capability)
            || attach.properties?[symbol: id] != nil
    }

    init(_ attach: Attach) {
        func number(_ name: Symbol) -> Int64? { attach.properties?[symbol: name]?.integer }
        id = number(Self.id)
        epoch = number(Self.epoch).flatMap(Int16.init(exactly:))
        sequence = number(Self.sequence).flatMap(Int32.init(exactly:))
    }

    /// The properties that tell a producer its numbers. `last` is the number of the event it stored
    /// last: the next one is one higher, and the first of all is 0.
    static func answer(id: Int64, epoch: Int16, last: Int32) -> AMQPMap {
        AMQPMap(symbols: [
            Self.id: .long(id), Self.epoch: .short(epoch), sequence: .int(last),
        ])
    }
}

extension HubConnection {
    /// Gives a producer its numbers, and then accepts its link.
    func number(_ sender: SenderLink, _ partition: PartitionID, _ attach: Attach) {
        let terms = ProducerTerms(attach)
        if let id = terms.id {
            guard id >= 0 else {
                return refuse(
                    sender.id, AMQPError(.argumentError, "A producer cannot have the id \(id)."))
            }
            return claim(sender, partition, attach, id, terms)
        }
        let link = sender.id
        let later = later()
        let address = sender.address
        let hub = sender.hub
        let turn = UInt32(truncatingIfNeeded: parts.hubs.newID())
        parts.log.enqueue(
            Commit(requests: [.registerProducer(name: nil, .keepEpoch)])
        ) { result in
            later { connection in
                guard case .resolving = connection.links[link] else { return }
                switch result {
                case .failure(let error): connection.refuse(link, Condition.of(error))
                case .success(let receipt):
                    guard case .producer(let id, _) = receipt.answers.first else { return }
                    let sender = SenderLink(
                        link, address: address, hub: hub, partition: partition, turn: turn)
                    connection.claim(sender, partition, attach, id.rawValue, terms)
                }
            }
        }
    }

    private func claim(
        _ sender: SenderLink, _ partition: PartitionID, _ attach: Attach, _ id: Int64,
        _ terms: ProducerTerms
    ) {
        let link = sender.id
        let registration = parts.hubs.newID()
        let later = later()
        let granted = parts.hubs.claim(
            id, partition, epoch: terms.epoch, link: registration
        ) { error in
            later { $0.detach(link, error) }
        }
        guard let epoch = granted else {
            return refuse(
                link,
                AMQPError(
                    .producerEpochStolen, "Producer \(id) is connected with a higher epoch."))
        }
        sender.producer = SenderLink.ProducerRegistration(id: id, link: registration)
        let last = parts.log.lastSequence(of: ProducerID(rawValue: id), in: partition)
        accept(
            sender, attach,
            properties: ProducerTerms.answer(
                id: id, epoch: epoch, last: last ?? terms.sequence ?? -1))
    }
}
