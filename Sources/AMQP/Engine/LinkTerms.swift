/// How this end answers a link that the peer attached.
package struct LinkTerms: Sendable {
    /// Where messages come from. A peer takes `nil` for a refusal.
    package var source: Source?
    /// Where messages go to. A peer takes `nil` for a refusal.
    package var target: Target?
    /// Whether the sender waits for outcomes.
    package var senderSettleMode: SenderSettleMode
    /// Who is the last to know an outcome.
    package var receiverSettleMode: ReceiverSettleMode
    /// The largest message this end takes; `nil` for what the connection takes.
    package var messageByteCountMax: UInt64?
    /// What this end can do beyond the standard.
    package var offeredCapabilities: [Symbol] = []
    /// What this end would like the other to do.
    package var desiredCapabilities: [Symbol] = []
    /// Anything more about the link.
    package var properties: AMQPMap?

    /// The peer's own terms.
    package init(answering attach: Attach) {
        source = attach.source
        target = attach.target
        senderSettleMode = attach.senderSettleMode
        receiverSettleMode = .first
    }
}
