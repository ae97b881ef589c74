internal import Bytes

/// Deliveries of one session that were accepted one after the other, not yet told to their sender.
struct PendingDisposition: Sendable {
    let slot: UInt16
    let serial: UInt32
    let first: UInt32
    var last: UInt32
}

extension ConnectionEngine {
    /// Tells the sender what became of a delivery, and forgets it.
    ///
    /// Acceptances of deliveries with consecutive numbers are told in one frame, which goes out
    /// with the output. Only numbers that were settled are in it, since others lie between them on
    /// other links of the session.
    package mutating func settle(_ delivery: DeliveryID, _ state: DeliveryState) {
        let slot = Int(delivery.session.slot)
        guard phase == .open, slot < sessions.count,
            sessions[slot].serial == delivery.session.serial, sessions[slot].state == .mapped
        else { return }
        if state == .accepted {
            if extendPending(delivery) { return }
            flushDispositions()
            pending = PendingDisposition(
                slot: delivery.session.slot, serial: delivery.session.serial,
                first: delivery.number, last: delivery.number)
        } else {
            flushDispositions()
            sendDisposition(.receiver, slot: slot, delivery.number, delivery.number, state)
        }
    }

    /// As `settle`, in a frame of its own: for stacks that are not known to read ranges.
    package mutating func settleAlone(_ delivery: DeliveryID, _ state: DeliveryState) {
        settle(delivery, state)
        flushDispositions()
    }

    private mutating func extendPending(_ delivery: DeliveryID) -> Bool {
        guard let last = pending?.last, pending?.slot == delivery.session.slot,
            delivery.number == last &+ 1,
            delivery.number > last  // A range does not go round; stacks count from first to last.
        else { return false }
        pending?.last = delivery.number
        return true
    }

    mutating func flushDispositions() {
        guard let range = pending else { return }
        pending = nil
        let slot = Int(range.slot)
        guard slot < sessions.count, sessions[slot].serial == range.serial else { return }
        sendDisposition(.receiver, slot: slot, range.first, range.last, .accepted)
    }

    private mutating func sendDisposition(
        _ role: LinkRole, slot: Int, _ first: UInt32, _ last: UInt32, _ state: DeliveryState?
    ) {
        var disposition = Disposition(role: role, first: first)
        disposition.last = last
        disposition.isSettled = true
        disposition.state = state
        append(.disposition(disposition), channel: UInt16(slot))
    }

    mutating func take(_ disposition: Disposition, slot: Int) {
        // What a sender says of its deliveries changes nothing: they were settled here first.
        guard disposition.role == .receiver else { return }
        let session = SessionID(slot: UInt16(slot), serial: sessions[slot].serial)
        let last = disposition.last ?? disposition.first
        for run in sessions[slot].unsettled.runs(first: disposition.first, last: last) {
            let isOver = disposition.isSettled || disposition.state?.isTerminal == true
            queue.append(
                .outcome(
                    Outcome(
                        first: DeliveryID(session: session, number: run.first), count: run.count,
                        state: disposition.state, isSettled: isOver)))
            guard isOver else { continue }
            sessions[slot].unsettled.settle(run)
            // A receiver that waits for its sender to forget first is told that it has.
            guard !disposition.isSettled else { continue }
            let end = run.first &+ UInt32(run.count - 1)
            sendDisposition(.sender, slot: slot, run.first, end, nil)
        }
    }
}
