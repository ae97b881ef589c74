internal import Bytes

extension ConnectionEngine {
    /// Attaches a link to a session; handle and role of the answer are seen to here. `nil` when the
    /// session is over or has no handle left.
    package mutating func attach(_ attach: Attach, to session: SessionID) -> LinkID? {
        let slot = Int(session.slot)
        guard phase == .open, slot < sessions.count, sessions[slot].serial == session.serial,
            sessions[slot].state == .mapped || sessions[slot].state == .beginning,
            let index = freeLink(slot: slot)
        else { return nil }
        var attach = attach
        attach.handle = UInt32(index)
        if attach.role == .sender { attach.initialDeliveryCount = attach.initialDeliveryCount ?? 0 }
        setUp(slot: slot, link: index, attach.name, role: attach.role)
        sessions[slot].links[index].state = .attaching
        sessions[slot].links[index].messageByteCountMax = limit(attach.messageByteCountMax)
        let count = SerialNumber(attach.initialDeliveryCount ?? 0)
        sessions[slot].links[index].sending = SenderCredit(initialCount: count)
        append(.attach(attach), channel: UInt16(slot))
        return phase == .open ? id(slot: slot, link: index) : nil
    }

    /// Answers a link that the peer attached, on these terms.
    package mutating func accept(_ link: LinkID, _ terms: LinkTerms) {
        guard let (slot, index) = find(link), sessions[slot].links[index].state == .requested
        else { return }
        var answer = answer(slot: slot, link: index, terms)
        if answer.role == .receiver {
            let limit = limit(terms.messageByteCountMax)
            answer.messageByteCountMax = UInt64(limit)
            sessions[slot].links[index].messageByteCountMax = limit
        }
        sessions[slot].links[index].state = .attached
        append(.attach(answer), channel: UInt16(slot))
        if phase == .open { announceSendable(slot: slot, link: index) }
    }

    /// Refuses a link that the peer attached: attaches it without a terminus, and detaches it at
    /// once with the reason, which is how the service does it.
    package mutating func refuse(_ link: LinkID, _ error: AMQPError) {
        guard let (slot, index) = find(link), sessions[slot].links[index].state == .requested
        else { return }
        refuse(slot: slot, link: index, error)
    }

    /// Ends a link. It is over for the shell at once.
    package mutating func detach(_ link: LinkID, error: AMQPError? = nil) {
        guard let (slot, index) = find(link) else { return }
        if sessions[slot].links[index].state == .requested {
            refuse(slot: slot, link: index, error ?? AMQPError(.detachForced, nil))
        } else {
            sendDetach(slot: slot, link: index, isClosed: true, error)
        }
    }

    /// The role this end has in a link; `nil` when the link is over.
    package func role(of link: LinkID) -> LinkRole? {
        find(link).map { sessions[$0.slot].links[$0.link].role }
    }

    // MARK: Steps

    /// The place of a link that is not over.
    func find(_ link: LinkID) -> (slot: Int, link: Int)? {
        let slot = Int(link.session)
        let index = Int(link.slot)
        guard slot < sessions.count, index < sessions[slot].links.count,
            sessions[slot].links[index].serial == link.serial, sessions[slot].links[index].isLive
        else { return nil }
        return (slot, index)
    }

    func id(slot: Int, link: Int) -> LinkID {
        LinkID(
            session: UInt16(slot), slot: UInt16(link), serial: sessions[slot].links[link].serial)
    }

    /// The smaller of what a link and the connection take.
    private func limit(_ byteCount: UInt64?) -> Int {
        guard let byteCount, byteCount > 0 else { return configuration.messageByteCountMax }
        return min(Int(clamping: byteCount), configuration.messageByteCountMax)
    }

    private mutating func freeLink(slot: Int) -> Int? {
        guard linkCount < configuration.linkCountMax else { return nil }
        let handleMax = min(
            configuration.handleMax, sessions[slot].remoteHandleMax, UInt32(UInt16.max) - 1)
        return sessions[slot].freeSlot(limit: Int(handleMax) + 1)
    }

    private mutating func setUp(slot: Int, link: Int, _ name: String, role: LinkRole) {
        linkCount += 1
        sessions[slot].links[link] = Link()
        sessions[slot].links[link].serial = makeSerial()
        sessions[slot].links[link].name = name
        sessions[slot].links[link].role = role
        sessions[slot].links[link].messageByteCountMax = configuration.messageByteCountMax
    }

    mutating func take(_ attach: Attach, slot: Int) {
        guard attach.handle <= configuration.handleMax else {
            return fail(AMQPError(.framingError, "handle \(attach.handle) is above handle-max"))
        }
        guard sessions[slot].slot(ofHandle: attach.handle) == nil else {
            return endSession(slot: slot, AMQPError(.handleInUse, "handle \(attach.handle)"))
        }
        if let index = sessions[slot].links.firstIndex(where: { $0.isAnswered(by: attach) }) {
            takeAnswer(attach, slot: slot, link: index)
        } else if let index = freeLink(slot: slot) {
            takeNew(attach, slot: slot, link: index)
        } else {
            endSession(slot: slot, AMQPError(.resourceLimitExceeded, "there are too many links"))
        }
    }

    private mutating func takeNew(_ attach: Attach, slot: Int, link index: Int) {
        setUp(slot: slot, link: index, attach.name, role: attach.role.opposite)
        sessions[slot].links[index].state = .requested
        map(attach, slot: slot, link: index)
        guard !attach.isForTransactions else {
            let error = AMQPError(.notImplemented, "there are no transactions here")
            return refuse(slot: slot, link: index, error)
        }
        queue.append(.attached(id(slot: slot, link: index), attach))
    }

    private mutating func takeAnswer(_ attach: Attach, slot: Int, link index: Int) {
        map(attach, slot: slot, link: index)
        // This end may have detached the link before the answer came.
        guard sessions[slot].links[index].state == .attaching else { return }
        sessions[slot].links[index].state = .attached
        queue.append(.attached(id(slot: slot, link: index), attach))
        announceCredit(slot: slot, link: index)
    }

    private mutating func map(_ attach: Attach, slot: Int, link index: Int) {
        sessions[slot].map(handle: attach.handle, to: index)
        sessions[slot].links[index].remoteHandle = attach.handle
        if attach.role == .sender {
            let granted = sessions[slot].links[index].receiving.left
            let count = SerialNumber(attach.initialDeliveryCount ?? 0)
            sessions[slot].links[index].receiving = ReceiverCredit(initialCount: count)
            sessions[slot].links[index].receiving.grant(granted)
        }
    }

    private func answer(slot: Int, link index: Int, _ terms: LinkTerms) -> Attach {
        let link = sessions[slot].links[index]
        var answer = Attach(name: link.name, handle: UInt32(index), role: link.role)
        answer.senderSettleMode = terms.senderSettleMode
        answer.receiverSettleMode = terms.receiverSettleMode
        answer.source = terms.source
        answer.target = terms.target
        answer.initialDeliveryCount = link.role == .sender ? link.sending.sent.rawValue : nil
        answer.messageByteCountMax = terms.messageByteCountMax
        answer.offeredCapabilities = terms.offeredCapabilities
        answer.desiredCapabilities = terms.desiredCapabilities
        answer.properties = terms.properties
        return answer
    }

    private mutating func refuse(slot: Int, link index: Int, _ error: AMQPError) {
        let link = sessions[slot].links[index]
        var attach = Attach(name: link.name, handle: UInt32(index), role: link.role)
        if link.role == .sender { attach.initialDeliveryCount = 0 }
        append(.attach(attach), channel: UInt16(slot))
        if phase == .open { sendDetach(slot: slot, link: index, isClosed: true, error) }
    }
}

extension Link {
    /// Whether this end attached the link and an attachment of the peer is the answer.
    func isAnswered(by attach: Attach) -> Bool {
        (state == .attaching || state == .detaching) && remoteHandle == nil
            && role == attach.role.opposite && name == attach.name
    }
}
