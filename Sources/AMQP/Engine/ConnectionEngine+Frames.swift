internal import Bytes

extension ConnectionEngine {
    /// Takes a frame of the connection. Transfers, of which there are most, go their own way.
    mutating func takeBody(
        channel: UInt16, in input: RawSpan, from start: Int, to end: Int
    ) throws(DecodeError) -> Step {
        var reader = ValueReader(input.extracting(start..<end))
        let descriptor = try reader.descriptor()
        if descriptor == .transfer {
            let transfer = try Transfer(list: &reader)
            return take(
                transfer, channel: channel, in: input, payload: (start + reader.position)..<end)
        }
        let performative = try Performative(descriptor, &reader)
        guard phase == .open else { return takeOutOfPlace(performative) }
        take(performative, channel: channel)
        return .done
    }

    /// What comes before the opening, or after this end has closed.
    private mutating func takeOutOfPlace(_ performative: Performative) -> Step {
        switch (phase, performative) {
        case (.opening, .open(let open)): take(open)
        case (_, .close(let close)): take(close)
        case (.opening, _):
            fail(AMQPError(.illegalState, "the first frame has to be an open"))
        default: break
        }
        return .done
    }

    private mutating func take(_ performative: Performative, channel: UInt16) {
        switch performative {
        case .open(let open): take(open)
        case .begin(let begin): take(begin, channel: channel)
        case .close(let close): take(close)
        case .end(let end):
            if let slot = slot(ofChannel: channel) { take(end, slot: slot) }
        case .attach(let attach):
            guard let slot = slot(ofChannel: channel) else { return failUnmapped(channel) }
            if sessions[slot].state != .ending { take(attach, slot: slot) }
        case .flow(let flow):
            guard let slot = liveSlot(ofChannel: channel) else { return }
            take(flow, slot: slot)
        case .disposition(let disposition):
            guard let slot = liveSlot(ofChannel: channel) else { return }
            take(disposition, slot: slot)
        case .detach(let detach):
            guard let slot = liveSlot(ofChannel: channel) else { return }
            take(detach, slot: slot)
        case .transfer: break  // Taken before it came here.
        }
    }

    /// The session of the peer's channel.
    func slot(ofChannel channel: UInt16) -> Int? {
        guard Int(channel) < slotsByChannel.count else { return nil }
        let slot = Int(slotsByChannel[Int(channel)])
        return slot == 0 ? nil : slot - 1
    }

    /// The session of the peer's channel, if this end has not ended it.
    ///
    /// WHY: an SDK sends the detachments of a session behind its end. What only tidies up is passed
    /// over on a channel that has no session; ending the connection would hurt other sessions.
    func liveSlot(ofChannel channel: UInt16) -> Int? {
        guard let slot = slot(ofChannel: channel), sessions[slot].state == .mapped else {
            return nil
        }
        return slot
    }

    mutating func failUnmapped(_ channel: UInt16) {
        fail(AMQPError(.notAllowed, "there is no session on channel \(channel)"))
    }

    mutating func makeSerial() -> UInt32 {
        defer { nextSerial &+= 1 }
        return nextSerial
    }
}
