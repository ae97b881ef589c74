internal import Metrics

/// What the endpoint counts.
struct EndpointMetrics: Sendable {
    private let received = Counter(label: "millrace_eventhubs_received_events_total")
    private let receivedBytes = Counter(label: "millrace_eventhubs_received_bytes_total")
    private let sent = Counter(label: "millrace_eventhubs_sent_events_total")
    private let refused = Counter(label: "millrace_eventhubs_refused_messages_total")
    private let acknowledging = Timer(label: "millrace_eventhubs_acknowledge_seconds")
    private let connected = Counter(label: "millrace_eventhubs_connections_total")

    /// Events that a producer sent have become durable, so long after they were handed to the log.
    func count(received events: Int, byteCount: Int, after duration: Duration) {
        acknowledging.recordNanoseconds(Int64(duration / .nanoseconds(1)))
        received.increment(by: events)
        receivedBytes.increment(by: byteCount)
    }

    /// Events went out to a consumer.
    func count(sent events: Int) { if events > 0 { sent.increment(by: events) } }

    /// Messages of a producer were rejected.
    func count(refused messages: Int) { refused.increment(by: messages) }

    /// A client connected.
    func countConnection() { connected.increment() }
}
