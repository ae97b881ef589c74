internal import Bytes

extension ConnectionEngine {
    /// Detaches from this end. What the peer still sends on the link is passed over.
    mutating func sendDetach(slot: Int, link index: Int, isClosed: Bool, _ error: AMQPError?) {
        flushDispositions()
        dropAssembly(slot: slot, link: index)
        dropBacklog(slot: slot, link: index)
        sessions[slot].links[index].state = .detaching
        append(
            .detach(Detach(handle: UInt32(index), isClosed: isClosed, error: error)),
            channel: UInt16(slot))
    }

    /// Ends a link for what the peer did on it, and tells the shell.
    mutating func failLink(slot: Int, link index: Int, _ error: AMQPError) {
        let id = id(slot: slot, link: index)
        sendDetach(slot: slot, link: index, isClosed: true, error)
        queue.append(.detached(id, error))
    }

    mutating func take(_ detach: Detach, slot: Int) {
        guard let index = sessions[slot].slot(ofHandle: detach.handle) else { return }
        let state = sessions[slot].links[index].state
        if state != .detaching {
            queue.append(.detached(id(slot: slot, link: index), detach.error))
            if state == .requested { attachToDetach(slot: slot, link: index) }
            guard phase == .open else { return }
            // Nothing outlives a link here, so one that was only taken off is over as well.
            sendDetach(slot: slot, link: index, isClosed: detach.isClosed, nil)
        }
        guard phase == .open else { return }
        sessions[slot].slotsByHandle[Int(detach.handle)] = 0
        forgetLink(slot: slot, link: index)
    }

    /// A link has to be attached before it can be detached.
    private mutating func attachToDetach(slot: Int, link index: Int) {
        let link = sessions[slot].links[index]
        var attach = Attach(name: link.name, handle: UInt32(index), role: link.role)
        if link.role == .sender { attach.initialDeliveryCount = 0 }
        append(.attach(attach), channel: UInt16(slot))
    }

    mutating func forgetLink(slot: Int, link index: Int) {
        guard sessions[slot].links[index].state != .unused else { return }
        dropAssembly(slot: slot, link: index)
        dropBacklog(slot: slot, link: index)
        sessions[slot].links[index] = Link()
        linkCount -= 1
    }

    mutating func dropAssembly(slot: Int, link index: Int) {
        guard let assembly = sessions[slot].links[index].assembly else { return }
        assemblyByteCount -= assembly.bytes.count
        sessions[slot].links[index].assembly = nil
    }

    private mutating func dropBacklog(slot: Int, link index: Int) {
        guard sessions[slot].links[index].backlog != nil else { return }
        sessions[slot].links[index].backlog = nil
        sessions[slot].backlogCount -= 1
    }
}
