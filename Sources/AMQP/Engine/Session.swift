/// One end of a session, as the connection keeps it.
struct Session: Sendable {
    enum State: Sendable {
        /// The slot is free.
        case unused
        /// This end has begun, and waits for an answer.
        case beginning
        /// Both ends have begun.
        case mapped
        /// This end has ended with an error, and waits for the same. All else is passed over.
        case ending
    }

    var state = State.unused
    /// Tells this session from those that had the slot before.
    var serial: UInt32 = 0
    /// The peer's channel; ours is the slot's number.
    var remoteChannel: UInt16?
    var incoming = IncomingWindow(size: 0, next: SerialNumber(0))
    var outgoing = OutgoingWindow(start: SerialNumber(0))
    var unsettled = UnsettledDeliveries(next: SerialNumber(0))
    /// Links by slot. The slot's number is our handle.
    var links: [Link] = []
    /// Slots by the peer's handle, plus one; 0 where there is none.
    var slotsByHandle: [UInt16] = []
    /// The highest handle the peer takes.
    var remoteHandleMax: UInt32 = .max
    /// How many links wait for the window with a message half sent.
    var backlogCount = 0

    func slot(ofHandle handle: UInt32) -> Int? {
        guard let index = Int(exactly: handle), index < slotsByHandle.count else { return nil }
        let slot = Int(slotsByHandle[index])
        return slot == 0 ? nil : slot - 1
    }

    mutating func map(handle: UInt32, to slot: Int) {
        let index = Int(handle)
        while slotsByHandle.count <= index { slotsByHandle.append(0) }
        slotsByHandle[index] = UInt16(slot + 1)
    }

    /// A slot for a new link: the lowest that is free. `nil` when there are `limit` links.
    mutating func freeSlot(limit: Int) -> Int? {
        if let slot = links.firstIndex(where: { $0.state == .unused }) {
            return slot < limit ? slot : nil
        }
        guard links.count < limit else { return nil }
        links.append(Link())
        return links.count - 1
    }

    /// The state of the windows.
    var flow: Flow {
        var flow = Flow(
            incomingWindow: incoming.left, nextOutgoingID: outgoing.next.rawValue,
            outgoingWindow: Self.outgoingWindow)
        flow.nextIncomingID = remoteChannel == nil ? nil : incoming.next.rawValue
        return flow
    }

    /// What is announced of transfers under way. They are not kept, so there is no limit to them.
    static let outgoingWindow: UInt32 = 0x7FFF_FFFF
}
