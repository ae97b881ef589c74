internal import Bytes

extension ConnectionEngine {
    /// Begins a session. `nil` when there is no channel left, or the connection is not open.
    ///
    /// Links can be attached to it at once.
    package mutating func begin() -> SessionID? {
        guard phase == .open, let slot = freeSession() else { return nil }
        setUp(slot: slot)
        sessions[slot].state = .beginning
        append(.begin(begin(answering: nil)), channel: UInt16(slot))
        return phase == .open ? SessionID(slot: UInt16(slot), serial: sessions[slot].serial) : nil
    }

    /// Ends a session and all of its links, which are over at once.
    package mutating func end(_ session: SessionID, error: AMQPError? = nil) {
        let slot = Int(session.slot)
        guard slot < sessions.count, sessions[slot].serial == session.serial,
            sessions[slot].state == .mapped || sessions[slot].state == .beginning
        else { return }
        endSession(slot: slot, error)
    }

    private func begin(answering channel: UInt16?) -> Begin {
        var begin = Begin(
            nextOutgoingID: 1, incomingWindow: configuration.incomingWindow,
            outgoingWindow: Session.outgoingWindow)
        begin.remoteChannel = channel
        begin.handleMax = configuration.handleMax
        return begin
    }

    private mutating func freeSession() -> Int? {
        if let slot = sessions.firstIndex(where: { $0.state == .unused }) { return slot }
        guard sessions.count <= Int(min(remoteChannelMax, configuration.channelMax)) else {
            return nil
        }
        sessions.append(Session())
        return sessions.count - 1
    }

    private mutating func setUp(slot: Int) {
        sessions[slot] = Session()
        sessions[slot].serial = makeSerial()
        sessions[slot].outgoing = OutgoingWindow(start: SerialNumber(1))
    }

    mutating func take(_ begin: Begin, channel: UInt16) {
        guard channel <= configuration.channelMax else {
            return fail(AMQPError(.framingError, "channel \(channel) is above channel-max"))
        }
        guard slot(ofChannel: channel) == nil else {
            return fail(AMQPError(.notAllowed, "channel \(channel) already has a session"))
        }
        if let local = begin.remoteChannel {
            takeAnswer(begin, channel: channel, slot: Int(local))
        } else {
            takeNew(begin, channel: channel)
        }
    }

    private mutating func takeAnswer(_ begin: Begin, channel: UInt16, slot: Int) {
        guard slot < sessions.count, sessions[slot].remoteChannel == nil,
            sessions[slot].state == .beginning || sessions[slot].state == .ending
        else {
            return fail(AMQPError(.notAllowed, "a begin answers what was never asked"))
        }
        map(channel: channel, to: slot, begin)
        if sessions[slot].state == .beginning { sessions[slot].state = .mapped }
        announceSendable(slot: slot)
    }

    private mutating func takeNew(_ begin: Begin, channel: UInt16) {
        guard let slot = freeSession() else {
            return fail(AMQPError(.notAllowed, "there are more sessions than channels"))
        }
        setUp(slot: slot)
        sessions[slot].state = .mapped
        map(channel: channel, to: slot, begin)
        append(.begin(self.begin(answering: channel)), channel: UInt16(slot))
    }

    private mutating func map(channel: UInt16, to slot: Int, _ begin: Begin) {
        while slotsByChannel.count <= Int(channel) { slotsByChannel.append(0) }
        slotsByChannel[Int(channel)] = UInt16(slot + 1)
        sessions[slot].remoteChannel = channel
        sessions[slot].remoteHandleMax = begin.handleMax
        sessions[slot].incoming = IncomingWindow(
            size: configuration.incomingWindow, next: SerialNumber(begin.nextOutgoingID))
        sessions[slot].outgoing.open(window: begin.incomingWindow, nextIncoming: nil)
    }

    // MARK: Ending

    mutating func take(_ end: End, slot: Int) {
        flushDispositions()
        let id = SessionID(slot: UInt16(slot), serial: sessions[slot].serial)
        let wasEnding = sessions[slot].state == .ending
        forgetLinks(slot: slot, end.error)
        if !wasEnding {
            append(.end(End()), channel: UInt16(slot))
            queue.append(.ended(id, end.error))
        }
        guard phase == .open else { return }
        if let channel = sessions[slot].remoteChannel { slotsByChannel[Int(channel)] = 0 }
        sessions[slot] = Session()
    }

    /// Ends a session from this end. The peer's frames are passed over until it has ended too.
    mutating func endSession(slot: Int, _ error: AMQPError?) {
        flushDispositions()
        let id = SessionID(slot: UInt16(slot), serial: sessions[slot].serial)
        forgetLinks(slot: slot, error)
        sessions[slot].state = .ending
        queue.append(.ended(id, error))
        append(.end(End(error: error)), channel: UInt16(slot))
    }

    private mutating func forgetLinks(slot: Int, _ error: AMQPError?) {
        for index in sessions[slot].links.indices {
            let link = sessions[slot].links[index]
            if link.isLive { queue.append(.detached(id(slot: slot, link: index), error)) }
            forgetLink(slot: slot, link: index)
        }
        sessions[slot].links = []
        sessions[slot].slotsByHandle = []
        sessions[slot].backlogCount = 0
    }
}
