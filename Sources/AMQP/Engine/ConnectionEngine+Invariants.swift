extension ConnectionEngine {
    /// Makes sure of what holds between any two calls. Compiled away in release.
    package func checkInvariants() {
        assert(isConsistent(), "the books of a connection do not agree")
    }

    /// Only ever called in debug: it walks every link there is.
    private func isConsistent() -> Bool {
        let links = sessions.lazy.flatMap(\.links)
        assert(linkCount == links.count { $0.state != .unused }, "links are miscounted")
        assert(
            assemblyByteCount == links.reduce(0) { $0 + ($1.assembly?.bytes.count ?? 0) },
            "bytes of messages in parts are miscounted")
        assert(assemblyByteCount <= configuration.assemblyByteCountMax, "too much is assembled")
        assert(phase != .closed || sessions.isEmpty, "a closed connection has sessions")
        for (slot, session) in sessions.enumerated() { check(session, at: slot) }
        for (channel, slot) in slotsByChannel.enumerated() where slot > 0 {
            let session = sessions[Int(slot) - 1]
            assert(session.remoteChannel == UInt16(channel), "channel \(channel) leads astray")
            assert(session.state != .unused, "channel \(channel) leads to no session")
        }
        return true
    }

    private func check(_ session: Session, at slot: Int) {
        assert(
            session.backlogCount == session.links.count { $0.backlog != nil },
            "messages that wait for a window are miscounted")
        assert(session.state == .mapped || session.incoming.left <= session.incoming.size)
        for (handle, link) in session.slotsByHandle.enumerated() where link > 0 {
            let found = session.links[Int(link) - 1]
            assert(found.remoteHandle == UInt32(handle), "handle \(handle) leads astray")
            assert(found.state != .unused, "handle \(handle) leads to no link")
        }
        for link in session.links {
            assert(link.state != .unused || link.assembly == nil, "a free slot holds a message")
            assert(link.role == .receiver || link.assembly == nil, "a sender assembles a message")
            assert(link.role == .sender || link.backlog == nil, "a receiver sends a message")
        }
        if case .unused = session.state {
            assert(session.links.isEmpty, "session \(slot) is over and has links")
        }
    }
}
