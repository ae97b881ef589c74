internal import Bytes

extension ConnectionEngine {
    /// Lets the peer send this many messages from now on, whatever it was allowed before.
    package mutating func grant(credit: UInt32, on link: LinkID) {
        guard let (slot, index) = find(link), sessions[slot].links[index].role == .receiver
        else { return }
        sessions[slot].links[index].receiving.grant(credit)
        guard sessions[slot].links[index].state == .attached else { return }
        announceCredit(slot: slot, link: index)
    }

    /// How many messages the peer may still send on a link that receives.
    package func creditLeft(of link: LinkID) -> UInt32 {
        guard let (slot, index) = find(link) else { return 0 }
        return sessions[slot].links[index].receiving.left
    }

    /// Whether the receiver wants its credit used up, with messages or without.
    package func isDraining(_ link: LinkID) -> Bool {
        guard let (slot, index) = find(link) else { return false }
        return sessions[slot].links[index].sending.isDraining
    }

    /// Gives up the credit of a link that drains, when there is nothing more to send.
    package mutating func finishDraining(_ link: LinkID) {
        guard let (slot, index) = find(link), sessions[slot].links[index].sending.isDraining,
            sessions[slot].links[index].backlog == nil
        else { return }
        sessions[slot].links[index].sending.drain()
        sendFlow(slot: slot, link: index, isDraining: true)
    }

    // MARK: Steps

    /// Tells the peer a receiver's credit, and the windows with it.
    mutating func announceCredit(slot: Int, link index: Int) {
        guard sessions[slot].links[index].role == .receiver,
            sessions[slot].links[index].receiving.left > 0
                || sessions[slot].links[index].state == .attached
        else { return }
        sendFlow(slot: slot, link: index, isDraining: false)
    }

    private mutating func sendFlow(slot: Int, link index: Int, isDraining: Bool) {
        sessions[slot].incoming.refill()
        let link = sessions[slot].links[index]
        var flow = sessions[slot].flow
        flow.handle = UInt32(index)
        switch link.role {
        case .receiver:
            flow.deliveryCount = link.receiving.received.rawValue
            flow.credit = link.receiving.left
        case .sender:
            flow.deliveryCount = link.sending.sent.rawValue
            flow.credit = link.sending.left
            flow.available = 0
        }
        flow.isDraining = isDraining
        append(.flow(flow), channel: UInt16(slot))
    }

    /// Tells the peer the windows of a session.
    mutating func sendSessionFlow(slot: Int) {
        sessions[slot].incoming.refill()
        append(.flow(sessions[slot].flow), channel: UInt16(slot))
    }

    mutating func take(_ flow: Flow, slot: Int) {
        let wasClosed = sessions[slot].outgoing.left == 0
        sessions[slot].outgoing.open(window: flow.incomingWindow, nextIncoming: flow.nextIncomingID)
        if sessions[slot].backlogCount > 0 { sendBacklogs(slot: slot) }
        guard phase == .open else { return }
        if let handle = flow.handle {
            take(flow, slot: slot, handle: handle)
        } else if flow.wantsEcho {
            sendSessionFlow(slot: slot)
        }
        guard phase == .open, wasClosed, sessions[slot].outgoing.left > 0 else { return }
        announceSendable(slot: slot)
    }

    private mutating func take(_ flow: Flow, slot: Int, handle: UInt32) {
        guard let index = sessions[slot].slot(ofHandle: handle) else {
            return endSession(slot: slot, AMQPError(.unattachedHandle, "handle \(handle)"))
        }
        guard sessions[slot].links[index].isLive else { return }
        switch sessions[slot].links[index].role {
        case .receiver:
            if let count = flow.deliveryCount {
                sessions[slot].links[index].receiving.advance(to: count)
            }
        case .sender:
            sessions[slot].links[index].sending.update(
                credit: flow.credit ?? 0, receiverCount: flow.deliveryCount,
                isDraining: flow.isDraining)
            announceSendable(slot: slot, link: index)
        }
        guard flow.wantsEcho, sessions[slot].links[index].state == .attached else { return }
        sendFlow(slot: slot, link: index, isDraining: false)
    }

    /// Tells the shell of every link of a session that may send.
    mutating func announceSendable(slot: Int) {
        for index in sessions[slot].links.indices { announceSendable(slot: slot, link: index) }
    }

    mutating func announceSendable(slot: Int, link index: Int) {
        let link = sessions[slot].links[index]
        guard link.state == .attached, link.role == .sender, link.sending.left > 0 else { return }
        queue.append(.sendable(id(slot: slot, link: index)))
    }
}
