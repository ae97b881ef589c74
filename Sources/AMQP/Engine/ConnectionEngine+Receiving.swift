internal import Bytes

extension ConnectionEngine {
    /// Takes a transfer whose payload lies at `payload` of the input.
    mutating func take(
        _ transfer: Transfer, channel: UInt16, in input: RawSpan, payload: Range<Int>
    ) -> Step {
        guard phase == .open else {
            if phase == .opening {
                fail(AMQPError(.illegalState, "the first frame has to be an open"))
            }
            return .done
        }
        guard let slot = slot(ofChannel: channel) else {
            failUnmapped(channel)
            return .done
        }
        guard sessions[slot].state == .mapped else { return .done }
        guard sessions[slot].incoming.take() else {
            endSession(slot: slot, AMQPError(.windowViolation, "the window is used up"))
            return .done
        }
        if sessions[slot].incoming.isHalfUsed { sendSessionFlow(slot: slot) }
        guard let index = sessions[slot].slot(ofHandle: transfer.handle) else {
            let error = AMQPError(.unattachedHandle, "handle \(transfer.handle)")
            endSession(slot: slot, error)
            return .done
        }
        return take(transfer, slot: slot, link: index, in: input, payload: payload)
    }

    private mutating func take(
        _ transfer: Transfer, slot: Int, link index: Int, in input: RawSpan, payload: Range<Int>
    ) -> Step {
        guard sessions[slot].links[index].isLive else { return .done }
        if let error = sessions[slot].links[index].objection(to: transfer) {
            failLink(slot: slot, link: index, error)
            return .done
        }
        let isFirst = sessions[slot].links[index].assembly == nil
        if isFirst {
            guard sessions[slot].links[index].receiving.take() else {
                let error = AMQPError(.transferLimitExceeded, "there is no credit")
                failLink(slot: slot, link: index, error)
                return .done
            }
            // WHY: most messages have one frame, and are handed out where they lie.
            if !transfer.hasMore { return takeWhole(transfer, slot, index, payload) }
        }
        if transfer.isAborted {
            dropAssembly(slot: slot, link: index)
        } else {
            assemble(transfer, slot: slot, link: index, input.extracting(payload))
        }
        return .done
    }

    private mutating func takeWhole(
        _ transfer: Transfer, _ slot: Int, _ index: Int, _ payload: Range<Int>
    ) -> Step {
        guard !transfer.isAborted, let number = transfer.deliveryID else { return .done }
        let session = SessionID(slot: UInt16(slot), serial: sessions[slot].serial)
        let isSettled = transfer.isSettled ?? false
        guard payload.count <= sessions[slot].links[index].messageByteCountMax else {
            let id = DeliveryID(session: session, number: number)
            takeOversized(payload.count, id, isSettled, index)
            return .done
        }
        let delivery = Delivery(
            link: id(slot: slot, link: index), id: DeliveryID(session: session, number: number),
            messageFormat: transfer.messageFormat ?? 0, isSettled: isSettled,
            payload: .inInput(payload))
        // Order is kept when something is waiting already, which a full window can cause.
        guard queue.isEmpty else {
            queue.append(.delivery(delivery))
            return .done
        }
        return .event(.delivery(delivery))
    }

    private mutating func assemble(
        _ transfer: Transfer, slot: Int, link index: Int, _ part: RawSpan
    ) {
        let before = sessions[slot].links[index].assembly?.bytes.count ?? 0
        let room = configuration.assemblyByteCountMax - assemblyByteCount
        let step = sessions[slot].links[index].assemble(transfer, part, room: room)
        assemblyByteCount += (sessions[slot].links[index].assembly?.bytes.count ?? 0) - before
        switch step {
        case .more: break
        case .failed(let error): failLink(slot: slot, link: index, error)
        case .complete(let message): takeAssembled(message, slot: slot, link: index)
        }
    }

    private mutating func takeAssembled(
        _ message: consuming MessageAssembly, slot: Int, link index: Int
    ) {
        let session = SessionID(slot: UInt16(slot), serial: sessions[slot].serial)
        let id = DeliveryID(session: session, number: message.deliveryNumber)
        guard !message.isDiscarding else {
            return takeOversized(message.receivedByteCount, id, message.isSettled, index)
        }
        let delivery = Delivery(
            link: self.id(slot: slot, link: index), id: id, messageFormat: message.messageFormat,
            isSettled: message.isSettled, payload: .assembled(message.bytes))
        queue.append(.delivery(delivery))
    }

    /// A message that is too large is rejected if its sender waits to hear of it; else the link
    /// ends.
    private mutating func takeOversized(
        _ byteCount: Int, _ id: DeliveryID, _ isSettled: Bool, _ index: Int
    ) {
        let slot = Int(id.session.slot)
        let limit = sessions[slot].links[index].messageByteCountMax
        let error = AMQPError(oversized: byteCount, id.number, limit: limit)
        if isSettled {
            failLink(slot: slot, link: index, error)
        } else {
            settle(id, .rejected(error))
        }
    }
}

extension Link {
    /// What is wrong with a transfer on this link, apart from credit.
    func objection(to transfer: Transfer) -> AMQPError? {
        if role == .sender { return AMQPError(.notAllowed, "the link has its sender here") }
        if state != .attached { return AMQPError(.illegalState, "the link is not attached yet") }
        if transfer.isResuming { return AMQPError(.notImplemented, "no delivery is resumed") }
        if let assembly {
            if let number = transfer.deliveryID, number != assembly.deliveryNumber {
                return AMQPError(.notAllowed, "a delivery begins before another has ended")
            }
        } else if transfer.deliveryID == nil {
            return AMQPError(.invalidField, "a delivery begins without its number")
        }
        return nil
    }
}
