internal import Bytes

extension ConnectionEngine {
    /// How many messages may be sent on a link now.
    ///
    /// A message larger than the peer's frames takes several transfers of the session's window. If
    /// that closes in the middle, the rest goes out as the peer opens it, and no other message may
    /// be sent on the link until then.
    package func sendCapacity(of link: LinkID) -> Int {
        guard phase == .open, let (slot, index) = find(link) else { return 0 }
        return Int(min(sessions[slot].links[index].sendable, sessions[slot].outgoing.left))
    }

    /// Sends a message, which `write` appends behind the head of its first transfer.
    ///
    /// Returns what its outcome is told by. `nil`, and nothing is sent, when `sendCapacity` is 0.
    @discardableResult
    package mutating func send(
        on link: LinkID, isSettled: Bool, messageFormat: UInt32 = 0,
        _ write: (inout ValueWriter) -> Void
    ) -> DeliveryID? {
        guard sendCapacity(of: link) > 0, let (slot, index) = find(link) else { return nil }
        let number = sessions[slot].unsettled.append(isSettled: isSettled)
        sessions[slot].links[index].sending.take()
        if output.count == 0 { output.bytes.bytes.reserveCapacity(outputByteCountHint) }
        let head = TransferHead(
            handle: UInt32(index), number: number, messageFormat: messageFormat,
            isSettled: isSettled)
        let frame = output.beginFrame(.amqp, channel: UInt16(slot))
        head.write(to: &output, hasMore: false)
        let start = output.count
        write(&output)
        if output.endFrame(frame) > remoteFrameByteCountMax {
            let message = Array(output.bytes.bytes[start...])
            output.bytes.bytes.removeLast(output.count - frame.start)
            sendInParts(message, head, slot: slot, link: index)
        } else {
            sessions[slot].outgoing.take()
        }
        let session = SessionID(slot: UInt16(slot), serial: sessions[slot].serial)
        return DeliveryID(session: session, number: number)
    }

    private mutating func sendInParts(
        _ message: [UInt8], _ head: TransferHead, slot: Int, link index: Int
    ) {
        var backlog = Link.Backlog(message: message, sentByteCount: 0)
        sendParts(&backlog, head, slot: slot, link: index)
        guard backlog.sentByteCount < message.count else { return }
        sessions[slot].links[index].backlog = backlog
        sessions[slot].backlogCount += 1
    }

    /// Sends as many frames of a message as the window takes.
    private mutating func sendParts(
        _ backlog: inout Link.Backlog, _ first: TransferHead?, slot: Int, link index: Int
    ) {
        let message = backlog.message
        var head = first
        while backlog.sentByteCount < message.count, sessions[slot].outgoing.left > 0 {
            let frame = output.beginFrame(.amqp, channel: UInt16(slot))
            let room = remoteFrameByteCountMax - FrameHeader.byteCount - TransferHead.byteCountMax
            let count = min(room, message.count - backlog.sentByteCount)
            let hasMore = backlog.sentByteCount + count < message.count
            if let head {
                head.write(to: &output, hasMore: hasMore)
            } else {
                TransferHead.writeNext(to: &output, handle: UInt32(index), hasMore: hasMore)
            }
            head = nil
            output.bytes.append(message[backlog.sentByteCount..<(backlog.sentByteCount + count)])
            output.endFrame(frame)
            backlog.sentByteCount += count
            sessions[slot].outgoing.take()
        }
    }

    /// Goes on with messages that waited for the window.
    mutating func sendBacklogs(slot: Int) {
        for index in sessions[slot].links.indices {
            guard sessions[slot].outgoing.left > 0 else { return }
            guard var backlog = sessions[slot].links[index].backlog else { continue }
            sendParts(&backlog, nil, slot: slot, link: index)
            if backlog.sentByteCount < backlog.message.count {
                sessions[slot].links[index].backlog = backlog
            } else {
                sessions[slot].links[index].backlog = nil
                sessions[slot].backlogCount -= 1
                announceSendable(slot: slot, link: index)
            }
        }
    }
}

/// The transfer in front of a message's first frame. Written by hand, since one is written per
/// message that is sent.
struct TransferHead {
    /// The most that `write` appends.
    static let byteCountMax = 40

    let handle: UInt32
    let number: UInt32
    let messageFormat: UInt32
    let isSettled: Bool

    /// Appends all eleven fields, the delivery's number standing for its tag too.
    func write(to writer: inout ValueWriter, hasMore: Bool) {
        writer.append(descriptor: Descriptor.transfer.rawValue)
        let list = writer.beginCompound()
        writer.append(uint: handle)
        writer.append(uint: number)
        writer.bytes.append(FormatCode.binary8.rawValue)
        writer.bytes.append(4)
        writer.bytes.append(bigEndian: number)
        writer.append(uint: messageFormat)
        writer.append(boolean: isSettled)
        writer.append(boolean: hasMore)
        Self.writeRest(to: &writer)
        writer.endList(list, count: Transfer.fieldCount)
    }

    /// Appends the transfer in front of every later frame, with all eleven fields.
    static func writeNext(to writer: inout ValueWriter, handle: UInt32, hasMore: Bool) {
        writer.append(descriptor: Descriptor.transfer.rawValue)
        let list = writer.beginCompound()
        writer.append(uint: handle)
        for _ in 0..<4 { writer.appendNull() }
        writer.append(boolean: hasMore)
        writeRest(to: &writer)
        writer.endList(list, count: Transfer.fieldCount)
    }

    /// No mode of its own, no state; neither resuming nor aborted nor batchable.
    private static func writeRest(to writer: inout ValueWriter) {
        writer.appendNull()
        writer.appendNull()
        for _ in 0..<3 { writer.append(boolean: false) }
    }
}
