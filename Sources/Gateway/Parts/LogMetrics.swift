internal import DurableFiles
internal import EventHubsEndpoint
internal import HTTPEndpoint
internal import StreamLog
internal import StreamModel

/// What the log counts, as metrics and as health.
enum LogMetrics {
    /// What each metric means.
    static let meanings: [String: String] = [
        "millrace_events_total": "Events made durable since the start.",
        "millrace_event_bytes_total": "Bytes of batches made durable since the start.",
        "millrace_written_bytes_total": "Bytes written to the device for them.",
        "millrace_commits_total": "Commits of the log, each one flush for all that waited.",
        "millrace_batches_total": "Batches made durable since the start.",
        "millrace_commit_seconds_total":
            "What the commits took, from write to the device's answer.",
        "millrace_refused_appends_total": "Appends that the log refused.",
        "millrace_flush_failures_total": "Flushes that the device refused.",
        "millrace_device_flushes_total":
            "Flushes of files and directories, tables' among them, beside those of log commits.",
        "millrace_disk_used_bytes": "What the store takes of its volume.",
        "millrace_disk_budget_bytes": "What the store may take of its volume.",
        "millrace_segments": "Segments of the log.",
        "millrace_damaged_places": "Damage found in the log since the start.",
        "millrace_log_writable": "1 while the log takes commits.",
        "millrace_partition_start_offset": "The oldest offset that can be read.",
        "millrace_partition_end_offset": "The offset that the next event gets.",
        "millrace_connections": "Connections of Event Hubs clients.",
        "millrace_eventhubs_acknowledge_seconds":
            "From handing a batch of an Event Hubs client to the log until it was durable.",
        "millrace_eventhubs_connections_total": "Event Hubs clients that connected.",
        "millrace_eventhubs_received_bytes_total": "Bytes of messages received over AMQP.",
        "millrace_eventhubs_received_events_total": "Events received over AMQP and made durable.",
        "millrace_eventhubs_refused_messages_total": "Messages of producers that were rejected.",
        "millrace_eventhubs_sent_events_total": "Events sent to consumers over AMQP.",
        "millrace_group_lag_events": "Events that a consumer group has not committed yet.",
        "millrace_received_events_total": "Events accepted, by endpoint.",
        "millrace_received_bytes_total": "Bytes of their bodies.",
        "millrace_http_send_seconds": "From a REST request's arrival to its durable answer.",
        "millrace_http_refused_requests_total": "REST requests refused, by status.",
        "millrace_metrics_refused_series_total": "Metric series beyond the bound.",
    ]

    static func samples(of endpoint: EventHubsEndpoint) -> [MetricSample] {
        [MetricSample("millrace_connections", .gauge, Double(endpoint.connectionCount))]
    }

    static func samples(of log: StreamLog) -> [MetricSample] {
        let statistics = log.statistics()
        let counters = statistics.counters
        let commitTime = counters.commitTime / .seconds(1)
        return [
            MetricSample("millrace_events_total", .counter, Double(counters.records)),
            MetricSample("millrace_event_bytes_total", .counter, Double(counters.payloadByteCount)),
            MetricSample(
                "millrace_written_bytes_total", .counter, Double(counters.writtenByteCount)),
            MetricSample("millrace_commits_total", .counter, Double(counters.commits)),
            MetricSample("millrace_batches_total", .counter, Double(counters.batches)),
            MetricSample("millrace_commit_seconds_total", .counter, commitTime),
            MetricSample("millrace_refused_appends_total", .counter, Double(counters.refusals)),
            MetricSample("millrace_flush_failures_total", .counter, Double(counters.flushFailures)),
            MetricSample("millrace_device_flushes_total", .counter, Double(DeviceFlushes.count)),
            MetricSample("millrace_disk_used_bytes", .gauge, Double(statistics.usedByteCount)),
            MetricSample("millrace_disk_budget_bytes", .gauge, Double(statistics.budget)),
            MetricSample("millrace_segments", .gauge, Double(statistics.segmentCount)),
            MetricSample("millrace_damaged_places", .gauge, Double(statistics.damageCount)),
            MetricSample("millrace_log_writable", .gauge, statistics.failure == nil ? 1 : 0),
        ] + log.streams().flatMap { samples(of: $0, in: log) }
    }

    private static func samples(
        of stream: StreamDefinition, in log: StreamLog
    ) -> [MetricSample] {
        var samples: [MetricSample] = []
        var ends: [PartitionID: Int64] = [:]
        for index in 0..<UInt32(stream.partitionCount) {
            let id = PartitionID(stream.incarnation, index)
            guard let bounds = try? log.bounds(of: id) else { continue }
            ends[id] = bounds.upperBound
            let labels = [
                MetricLabel("stream", stream.name.text), MetricLabel("partition", "\(index)"),
            ]
            samples += [
                MetricSample(
                    "millrace_partition_start_offset", .gauge, Double(bounds.lowerBound), labels),
                MetricSample(
                    "millrace_partition_end_offset", .gauge, Double(bounds.upperBound), labels),
            ]
        }
        for (key, position) in log.positions(of: stream.incarnation) where key.kind == .group {
            guard let end = ends[key.partition] else { continue }
            samples.append(
                MetricSample(
                    "millrace_group_lag_events", .gauge, Double(max(0, end - position.offset)),
                    [
                        MetricLabel("group", key.name), MetricLabel("stream", stream.name.text),
                        MetricLabel("partition", "\(key.partition.index)"),
                    ]))
        }
        return samples
    }

    static func health(of log: StreamLog) -> HealthReport {
        let failure = log.statistics().failure
        return HealthReport(
            "log", isReady: failure == nil && !log.isClosed, isLost: failure != nil,
            text: failure.map { "takes no more events: \($0)" } ?? "open")
    }
}
