/// One end of a link, as the connection keeps it.
struct Link: Sendable {
    enum State: Sendable {
        /// The slot is free.
        case unused
        /// The peer attached, and waits for an answer.
        case requested
        /// This end attached, and waits for an answer.
        case attaching
        /// Both ends have attached.
        case attached
        /// This end has detached, and waits for the same. What comes until then is passed over.
        case detaching
    }

    var state = State.unused
    /// Tells this link from those that had the slot before.
    var serial: UInt32 = 0
    var name = ""
    /// The role of this end.
    var role = LinkRole.receiver
    /// What stands for the link in the peer's frames.
    var remoteHandle: UInt32?
    var messageByteCountMax = 0

    /// Of use to a sender.
    var sending = SenderCredit(initialCount: SerialNumber(0))
    /// The rest of a message that waits for its session's window.
    var backlog: Backlog?

    /// Of use to a receiver.
    var receiving = ReceiverCredit(initialCount: SerialNumber(0))
    /// The message whose frames are coming in.
    var assembly: MessageAssembly?
    /// What the last message had, to guess the next one's room by.
    var assemblyByteCountHint = 0

    /// A message of which some frames were sent.
    struct Backlog: Sendable {
        let message: [UInt8]
        var sentByteCount: Int
    }

    /// How many messages the link lets this end send, whatever the session's window.
    var sendable: UInt32 {
        state == .attached && role == .sender && backlog == nil ? sending.left : 0
    }

    var isLive: Bool { state == .requested || state == .attaching || state == .attached }
}
