internal import Bytes

extension ConnectionEngine {
    /// Ends the connection. The peer's own end comes as an event; a shell does not wait for it for
    /// ever. Before the opening there is nothing to end, and the event comes at once.
    package mutating func close(_ error: AMQPError? = nil) {
        guard phase != .closing, phase != .closed else { return }
        guard hasOpened else {
            phase = .closed
            queue.append(.closed(error))
            return
        }
        flushDispositions()
        append(.close(Close(error: error)), channel: 0)
        phase = .closing
    }

    /// The peer has broken the protocol: tells it, and is over at once.
    mutating func fail(_ error: AMQPError) {
        guard phase != .closed else { return }
        if hasOpened && phase != .closing {
            flushDispositions()
            output.append(frame: .close(Close(error: error)), channel: 0)
        }
        phase = .closed
        queue.append(.closed(error))
        forgetAll()
    }

    mutating func take(_ close: Close) {
        if phase != .closing {
            flushDispositions()
            output.append(frame: .close(Close()), channel: 0)
        }
        phase = .closed
        queue.append(.closed(close.error))
        forgetAll()
    }

    private mutating func forgetAll() {
        sessions = []
        slotsByChannel = []
        linkCount = 0
        assemblyByteCount = 0
        pending = nil
    }

    /// Appends a frame, unless it is larger than the peer takes: then nothing can be said any more.
    mutating func append(_ performative: Performative, channel: UInt16) {
        let start = output.count
        output.append(frame: performative, channel: channel)
        guard output.count - start > remoteFrameByteCountMax else { return }
        output.bytes.bytes.removeLast(output.count - start)
        fail(AMQPError(.frameSizeTooSmall, "an answer has no room in the peer's frames"))
    }
}
