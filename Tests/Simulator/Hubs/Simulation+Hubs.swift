import AMQP
import Access
import Bytes
import StreamLog
import StreamModel

/// What clients of Event Hubs do, and what they are held to be told.
extension Simulation {
    func openHubs() {
        hubs = SimulatedHubs(log, clock, loop)
    }

    /// One client does one thing.
    func useHubs() throws {
        guard let hubs else { return }
        if hubs.clients.count < 3 { return try connect() }
        guard let client = pick(hubs.clients) else { return }
        // What is on its way may stop at any byte, in either direction.
        if chance(12) { client.bytesLeft = draw(1...3_000) }
        switch draw(0...9) {
        case 0: try connect()
        case 1: try attachSender(client)
        case 2: try attachReceiver(client)
        case 3: allow(client)
        default: if !send(client) { try attachSender(client) }
        }
        try turn()
    }

    // MARK: Connections

    private func connect() throws {
        guard let hubs, hubs.clients.count < 8 else { return }
        let identity: HubClient.Identity =
            chance(75) ? .owner : pick(HubClient.Identity.allCases) ?? .owner
        let client = hubs.connect(identity)
        client.onEvent = { [unowned self] client, event, span throws(Violation) in
            try handle(event, span, of: client)
        }
        trace.note("  client \(client.number): \(identity)")
        try turn()
        guard !client.isOver else {
            return try require(identity == .impostor, "P10", "\(identity) was not let in")
        }
        try require(identity != .impostor, "P10", "a wrong password was let in")
        client.beginSession()
        try turn()
        if identity == .bearer || identity == .forger { try putToken(client) }
    }

    /// Tells the endpoint a token, over a link of its own.
    private func putToken(_ client: HubClient) throws {
        var attach = Attach(name: "cbs", handle: 0, role: .sender)
        attach.source = Source(address: "cbs")
        attach.target = Target(address: "$cbs")
        guard client.attach(attach, .tokens) else { return }
        try turn()
        guard let link = client.uses.last?.link else { return }
        var rule = SimulatedHubs.rule
        if client.identity == .forger { rule.primaryKey = "guessed" }
        let audience = "sb://localhost/"
        let token = SASToken.text(
            for: audience, by: rule, expiry: clock.read().wall / 1000 + 86_400)
        var message = AMQPMessage(body: .value(.string(token)))
        message.applicationProperties = AMQPMap(strings: [
            "operation": .string("put-token"), "type": .string("servicebus.windows.net:sastoken"),
            "name": .string(audience),
        ])
        client.engine.send(on: link, isSettled: false) { message.write(to: &$0) }
        try turn()
    }

    // MARK: Links

    private func attachSender(_ client: HubClient) throws {
        guard let partition = pick(model.livePartitions), let hub = name(of: partition) else {
            return
        }
        var producer: HubProducer?
        if chance(40) {
            hubProducers.removeAll { isGone($0.partition) }
            let known = pick(hubProducers.filter { $0.partition == partition })
            let chosen = known ?? HubProducer(partition)
            if known == nil { hubProducers.append(chosen) }
            producer = chosen
        }
        var attach = Attach(
            name: "send-\(client.number)-\(draw(0...1_000_000))", handle: 0, role: .sender)
        attach.source = Source(address: "here")
        attach.target = Target(address: "\(hub)/Partitions/\(partition.index)")
        if let producer {
            attach.desiredCapabilities = ["com.microsoft:idempotent-producer"]
            attach.properties = producer.terms
        }
        if client.attach(attach, .sender(HubSender(partition, producer))) {
            trace.note("  client \(client.number) sends to \(partition.text)")
        }
    }

    private func attachReceiver(_ client: HubClient) throws {
        guard let partition = pick(model.livePartitions), let hub = name(of: partition) else {
            return
        }
        let group = "g\(draw(0...1))"
        let end = model.partitions[partition]?.end ?? 0
        let start = try log.bounds(of: partition).lowerBound
        let from = max(start, Int64(draw(0...Int(end))))
        let epoch = chance(60) ? Int64(draw(0...3)) : nil
        var attach = Attach(
            name: "receive-\(client.number)-\(draw(0...1_000_000))", handle: 0, role: .receiver)
        attach.source = Source(
            address: "\(hub)/ConsumerGroups/\(group)/Partitions/\(partition.index)")
        attach.source?.filter = AMQPMap(symbols: [
            "apache.org:selector-filter:string":
                .string("amqp.annotation.x-opt-offset >= '\(from)'")
        ])
        attach.target = Target(address: "here")
        if let epoch { attach.properties = AMQPMap(symbols: ["com.microsoft:epoch": .long(epoch)]) }
        let receiver = HubReceiver(partition, group: group, epoch: epoch, from: from)
        if client.attach(attach, .receiver(receiver)) {
            trace.note(
                "  client \(client.number) receives \(receiver.place) from \(from), "
                    + "epoch \(epoch ?? -1)")
        }
    }

    private func name(of partition: PartitionID) -> String? {
        model.streams.values.first { $0.incarnation == partition.incarnation }?.name.text
    }

    /// Gives a receiver credit: little, so that it often ends in the middle of a batch.
    private func allow(_ client: HubClient) {
        guard let (link, receiver) = pick(client.receivers) else { return }
        let credit = UInt32(draw(1...30))
        client.engine.grant(credit: credit, on: link)
        trace.note("  \(receiver.place): credit \(credit)")
    }

    // MARK: Sending

    /// Sends one to three messages over one link; false when it has none that may.
    private func send(_ client: HubClient) -> Bool {
        guard let (link, sender) = pick(client.senders.filter { $0.sender.isAttached }) else {
            return false
        }
        for _ in 0..<draw(1...3) {
            if let producer = sender.numbered {
                guard producer.id != nil, sender.underWay.isEmpty else { return true }
                let batch = producer.open ?? (ids: makeEvents(), sequence: producer.next)
                for id in batch.ids { model.sendAgain(id) }
                producer.open = batch
                send(batch.ids, over: link, sender, client, producer.annotations(batch.sequence))
            } else {
                send(makeEvents(), over: link, sender, client, nil)
            }
        }
        return true
    }

    private func send(
        _ ids: [EventID], over link: LinkID, _ sender: HubSender, _ client: HubClient,
        _ annotations: AMQPMap?
    ) {
        let inner = ids.map { id in
            var writer = ValueWriter()
            AMQPMessage(body: .data([payload.bytes(of: id)])).write(to: &writer)
            return writer.bytes.bytes
        }
        var message = AMQPMessage(body: .data(inner))
        message.messageAnnotations = annotations
        let sent = client.engine.send(
            on: link, isSettled: false, messageFormat: 0x8001_3700
        ) { message.write(to: &$0) }
        trace.note("  \(ids) \(sent == nil ? "not sent" : "sent") to \(sender.partition.text)")
        if let sent { sender.underWay[sent.number] = ids }
    }

    // MARK: What comes back

    private func handle(
        _ event: ConnectionEvent, _ span: RawSpan, of client: HubClient
    ) throws(Violation) {
        switch event {
        case .attached(let link, let attach): try attached(link, attach, client)
        case .sendable(let link):
            guard case .sender(let sender) = client.use(of: link) else { return }
            try require(client.identity.isKnown, "P10", "\(client.identity) may send")
            sender.isAttached = true
        case .outcome(let outcome): try answered(outcome, client)
        case .delivery(let delivery): try delivered(delivery, span, client)
        case .detached(let link, let error):
            trace.note("  client \(client.number) detached: \(error?.condition.text ?? "-")")
            client.forget(link)
        case .closed: client.cut()
        case .authenticate, .opened, .ended: break
        }
    }

    private func attached(
        _ link: LinkID, _ attach: Attach, _ client: HubClient
    ) throws(Violation) {
        switch client.use(of: link) {
        case .sender(let sender):
            guard attach.target != nil else { return }
            guard let producer = sender.numbered else { return }
            producer.id = attach.properties?[symbol: "com.microsoft:producer-id"]?.integer
            producer.epoch = attach.properties?[symbol: "com.microsoft:producer-epoch"]?.integer
        case .receiver(let receiver):
            // A refused link is answered without a source, and detached.
            guard attach.source != nil else { return }
            try require(client.identity.isKnown, "P10", "\(client.identity) may receive")
            receiver.isAttached = true
            client.engine.grant(credit: 10, on: link)
        case .tokens, nil: break
        }
    }

    private func answered(_ outcome: Outcome, _ client: HubClient) throws(Violation) {
        for step in 0..<UInt32(clamping: outcome.count) {
            let number = outcome.first.number &+ step
            for (_, use) in client.uses {
                guard case .sender(let sender) = use,
                    let ids = sender.underWay.removeValue(forKey: number)
                else { continue }
                try answered(ids, sender, outcome.state)
            }
        }
    }

    private func answered(
        _ ids: [EventID], _ sender: HubSender, _ state: DeliveryState?
    ) throws(Violation) {
        switch state {
        case .accepted:
            trace.note("  \(ids) accepted")
            try model.acknowledge(ids, at: nil)
            guard let producer = sender.numbered, let open = producer.open, open.ids == ids else {
                return
            }
            producer.next = open.sequence + Int32(ids.count)
            producer.open = nil
        case .rejected(let error):
            trace.note("  \(ids) rejected: \(error?.condition.text ?? "-")")
            // It may be that only the answer says no: what was sent again may be there already.
            if sender.numbered == nil, error?.condition != .internalError { try model.refuse(ids) }
        default: throw Violation("P1", "\(ids) came to \(state.map { "\($0)" } ?? "nothing")")
        }
    }

    private func delivered(
        _ delivery: Delivery, _ span: RawSpan, _ client: HubClient
    ) throws(Violation) {
        guard case .receiver(let receiver) = client.use(of: delivery.link) else { return }
        guard let message = try? AMQPMessage(delivery.message(in: span)),
            case .data(let sections) = message.body, let body = sections.first,
            let offset = message.messageAnnotations?[symbol: "x-opt-offset"]?.text.flatMap(
                Int64.init)
        else { throw Violation("P6", "\(receiver.place) got a message that cannot be read") }
        receiver.delivered.append((offset, body))
    }

    // MARK: Checks

    /// After a turn: receivers have what there is for them, in order, once; and those whose place
    /// was taken over are gone.
    func checkHubs() throws {
        guard let hubs else { return }
        var places: [String: [Int64?]] = [:]
        for client in hubs.clients {
            for (link, receiver) in client.receivers {
                try check(receiver, mayReceive: client.engine.creditLeft(of: link) > 0)
                places[receiver.place, default: []].append(receiver.epoch)
            }
        }
        for (place, epochs) in places.sorted(by: { $0.key < $1.key }) where epochs.count > 1 {
            try require(
                epochs.allSatisfy { $0 == nil }, "P4",
                "\(place) is received with epochs \(epochs.map { $0 ?? -1 })")
        }
    }

    private func check(_ receiver: HubReceiver, mayReceive: Bool) throws {
        let id = receiver.partition
        guard !isGone(id) else { return }
        for (offset, body) in receiver.delivered {
            try require(
                offset >= receiver.next, "P4", "\(receiver.place) got \(offset) again")
            try checkSkipped(receiver, upTo: offset)
            guard let event = payload.id(of: body) else {
                throw Violation("P6", "\(receiver.place) got bytes nobody sent at \(offset)")
            }
            let known = model.partitions[id]?.placed[offset]?.id
            try require(
                known == event, "P2",
                "\(receiver.place) got \(event) at \(offset), not "
                    + "\(known?.description ?? "nothing")")
            receiver.next = offset + 1
        }
        receiver.delivered = []
        // Whoever may have more has all there is.
        if mayReceive { try checkSkipped(receiver, upTo: model.partitions[id]?.end ?? 0) }
    }

    /// What a receiver did not get is not there any more.
    private func checkSkipped(_ receiver: HubReceiver, upTo end: Int64) throws {
        guard receiver.next < end else { return }
        for offset in receiver.next..<end {
            let isGone = model.partitions[receiver.partition]?.gone[offset] != nil
            try require(isGone, "P4", "\(receiver.place) did not get \(offset)")
        }
    }
}

extension HubProducer {
    /// What it attaches with: nothing at first, its numbers later.
    fileprivate var terms: AMQPMap? {
        guard let id, let epoch else { return nil }
        return AMQPMap(symbols: [
            "com.microsoft:producer-id": .long(id),
            "com.microsoft:producer-epoch": .short(Int16(clamping: epoch)),
        ])
    }

    fileprivate func annotations(_ sequence: Int32) -> AMQPMap {
        AMQPMap(symbols: [
            "com.microsoft:producer-id": .long(id ?? 0),
            "com.microsoft:producer-epoch": .short(Int16(clamping: epoch ?? 0)),
            "com.microsoft:producer-sequence-number": .int(sequence),
        ])
    }
}
