internal import AMQP
internal import StreamLog
internal import StreamModel

extension HubConnection {
    /// Written frames beyond this wait in the log, not in memory.
    static let outputByteCountMax = 256 << 10

    /// A link got credit, or a window, or shall drain.
    func sendable(_ link: LinkID) {
        switch links[link] {
        case .answers(let answers): sendAnswers(answers, on: link)
        case .receiver: if !ready.contains(link) { ready.append(link) }
        case .resolving, .requests, .sender, nil: break
        }
    }

    /// Sends events on the links that have some, until the output is as large as it may be. True
    /// when there is more to send.
    @discardableResult
    func pump() -> Bool {
        while engine.outputByteCount < Self.outputByteCountMax, let link = ready.first {
            guard case .receiver(let receiver) = links[link] else {
                ready.removeFirst()
                continue
            }
            step(receiver)
            // Links take turns.
            if ready.first == link, ready.count > 1 { ready.append(ready.removeFirst()) }
        }
        return !ready.isEmpty
    }

    private func step(_ receiver: ReceiverLink) {
        guard engine.sendCapacity(of: receiver.id) > 0 else { return rest(receiver) }
        do throws(ReadError) {
            let before = receiver.feed.next
            defer { parts.metrics.count(sent: before.distance(to: receiver.feed.next)) }
            let progress = try receiver.feed.step(
                on: receiver.id, &engine, in: parts.log, wantsNews: receiver.wantsNews,
                now: parts.now, outputByteCountMax: Self.outputByteCountMax)
            guard case .atEnd = progress else { return }
            if engine.isDraining(receiver.id) { engine.finishDraining(receiver.id) }
            rest(receiver)
            wait(receiver)
        } catch {
            rest(receiver)
            detach(receiver.id, Condition.of(error, hub: receiver.address))
        }
    }

    private func rest(_ receiver: ReceiverLink) { ready.removeAll { $0 == receiver.id } }

    /// Wakes the link when its partition has another event.
    private func wait(_ receiver: ReceiverLink) {
        guard !receiver.isWaiting else { return }
        receiver.isWaiting = true
        let later = later()
        let link = receiver.id
        receiver.ticket = parts.log.notify(of: [(receiver.feed.partition, receiver.feed.next)]) {
            later { $0.wake(link) }
        }
    }

    private func wake(_ link: LinkID) {
        guard case .receiver(let receiver) = links[link] else { return }
        receiver.isWaiting = false
        receiver.ticket = nil
        guard !parts.log.isClosed else {
            return detach(link, AMQPError(.detachForced, "The store was closed."))
        }
        if !ready.contains(link) { ready.append(link) }
        pump()
    }
}
