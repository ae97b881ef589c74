internal import Bytes

/// A message whose frames are coming in.
struct MessageAssembly: Sendable {
    let deliveryNumber: UInt32
    let messageFormat: UInt32
    /// Any frame of a delivery may say that it is settled.
    var isSettled: Bool
    private(set) var bytes: [UInt8] = []
    /// How many bytes came, kept or not.
    private(set) var receivedByteCount = 0
    /// Whether the message is too large, and only its end is waited for.
    private(set) var isDiscarding = false

    init(deliveryNumber: UInt32, messageFormat: UInt32, isSettled: Bool) {
        self.deliveryNumber = deliveryNumber
        self.messageFormat = messageFormat
        self.isSettled = isSettled
    }

    mutating func reserve(_ byteCount: Int) { bytes.reserveCapacity(byteCount) }

    mutating func append(_ part: RawSpan) {
        receivedByteCount += part.byteCount
        if !isDiscarding { bytes.append(copying: part) }
    }

    /// Lets go of what came. Frames to come are counted, and not kept.
    mutating func discard() {
        isDiscarding = true
        bytes = []
    }
}

extension Link {
    /// What another part of a message came to.
    enum AssemblyStep {
        case more
        case complete(MessageAssembly)
        case failed(AMQPError)
    }

    /// Takes a part of a message, of which `room` bytes may be kept.
    ///
    /// A message above the limit is let go of, and its end waited for, so that it can be rejected;
    /// but not for ever. After a failure nothing is kept.
    mutating func assemble(_ transfer: Transfer, _ part: RawSpan, room: Int) -> AssemblyStep {
        // Taken out, so that its bytes have one owner and grow in place.
        var message = assembly.take() ?? begunAssembly(transfer, part.byteCount)
        let total = message.receivedByteCount + part.byteCount
        guard total <= 4 * messageByteCountMax else {
            return .failed(
                AMQPError(oversized: total, message.deliveryNumber, limit: messageByteCountMax))
        }
        if total > messageByteCountMax {
            message.discard()
        } else if part.byteCount > room {
            let text = "messages in parts take too much together"
            return .failed(AMQPError(.resourceLimitExceeded, text))
        }
        if transfer.isSettled == true { message.isSettled = true }
        message.append(part)
        guard !transfer.hasMore else {
            assembly = message
            return .more
        }
        assemblyByteCountHint = message.bytes.count
        return .complete(message)
    }

    private func begunAssembly(_ transfer: Transfer, _ firstByteCount: Int) -> MessageAssembly {
        var begun = MessageAssembly(
            deliveryNumber: transfer.deliveryID ?? 0, messageFormat: transfer.messageFormat ?? 0,
            isSettled: transfer.isSettled ?? false)
        // Room for as much as the last message had, so that most are never copied as they grow;
        // but never much more than has come.
        begun.reserve(min(assemblyByteCountHint, firstByteCount * 4))
        return begun
    }
}

extension AMQPError {
    /// In the words of the service, which some SDKs search.
    init(oversized byteCount: Int, _ number: UInt32, limit: Int) {
        self.init(
            .messageSizeExceeded,
            "The received message (delivery-id:\(number), size:\(byteCount) bytes) exceeds the "
                + "limit (\(limit) bytes) currently allowed on the link.")
    }
}
