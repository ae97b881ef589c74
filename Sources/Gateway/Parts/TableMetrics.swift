internal import HTTPEndpoint
internal import Materializer
internal import Metrics

/// What the pipelines count, as metrics and as health.
enum TableMetrics {
    /// What each metric means.
    static let meanings: [String: String] = [
        "millrace_tables_used_bytes": "What all tables take of their volume, dead files included.",
        "millrace_tables_budget_bytes": "What they may take.",
        "millrace_pipeline_lag_events": "Events of a partition that are not in the tables yet.",
        "millrace_pipeline_lag_seconds": "How long a partition's oldest event waits for its table.",
        "millrace_pipeline_state": "1 for the state that a pipeline is in.",
        "millrace_pipeline_events_total": "Events taken from the log.",
        "millrace_pipeline_rescued_values_total": "Values that no column took, kept as JSON.",
        "millrace_pipeline_quarantined_events_total": "Events that went to the quarantine.",
        "millrace_pipeline_missing_events_total":
            "Events that gaps name: gone before they were read.",
        "millrace_pipeline_rows_total": "Rows written to parent and child tables.",
        "millrace_pipeline_file_bytes_total": "Bytes of the files written.",
        "millrace_pipeline_commits_total": "Commits to the pipeline's tables.",
        "millrace_pipeline_commit_seconds": "What a commit to a table took, read back included.",
        "millrace_pipeline_flush_seconds": "What a flush took, from reading to its last commit.",
        "millrace_pipeline_freshness_seconds":
            "How old the oldest event of a flush was when the last table had it.",
    ]

    /// What all tables take together.
    static func samples(of use: (byteCount: Int64, byteCountMax: Int64)) -> [MetricSample] {
        [
            MetricSample("millrace_tables_used_bytes", .gauge, Double(use.byteCount)),
            MetricSample("millrace_tables_budget_bytes", .gauge, Double(use.byteCountMax)),
        ]
    }

    /// All of one pipeline; `now` is in milliseconds since 1970.
    static func samples(of pipeline: PipelineStatistics, now: Int64) -> [MetricSample] {
        let label = MetricLabel("pipeline", pipeline.name)
        var samples = counters(of: pipeline).map {
            MetricSample("millrace_pipeline_\($0.0)_total", .counter, Double($0.1), [label])
        }
        for partition in pipeline.partitions {
            let labels = [label, MetricLabel("partition", "\(partition.index)")]
            let age = partition.waitingSince.map { max(0, now - $0) } ?? 0
            samples += [
                MetricSample(
                    "millrace_pipeline_lag_events", .gauge,
                    Double(max(0, partition.end - partition.position)), labels),
                MetricSample(
                    "millrace_pipeline_lag_seconds", .gauge, Double(age) / 1000, labels),
            ]
        }
        samples.append(
            MetricSample(
                "millrace_pipeline_state", .gauge, 1,
                [label, MetricLabel("state", pipeline.state.name)]))
        return samples
    }

    /// Keeps histograms of what pipelines do, in `registry`.
    static func observer(_ registry: MetricRegistry) -> PipelineObserver {
        @Sendable func record(
            _ name: String, _ milliseconds: Int64, _ labels: [(String, String)]
        ) {
            let label = "millrace_pipeline_\(name)_seconds"
            Timer(label: label, dimensions: labels, factory: registry)
                .recordMilliseconds(milliseconds)
        }
        return { observation in
            switch observation {
            case .commit(let pipeline, let table, let milliseconds):
                record("commit", milliseconds, [("pipeline", pipeline), ("table", table)])
            case .flush(let pipeline, let flush):
                record("flush", flush.duration, [("pipeline", pipeline)])
                guard let oldest = flush.oldestAge else { return }
                record("freshness", oldest, [("pipeline", pipeline)])
            }
        }
    }

    private static func counters(of pipeline: PipelineStatistics) -> [(String, Int64)] {
        [
            ("events", pipeline.counts.events), ("rescued_values", pipeline.counts.rescued),
            ("quarantined_events", pipeline.counts.quarantined),
            ("missing_events", pipeline.counts.missing), ("rows", pipeline.rowCount),
            ("file_bytes", pipeline.fileByteCount), ("commits", pipeline.commitCount),
        ]
    }

    /// A table that does not follow makes nothing unready: the log goes on, and keeps what is due.
    static func health(of pipeline: PipelineStatistics) -> HealthReport {
        HealthReport("pipeline \(pipeline.name)", isReady: true, text: "\(pipeline.state)")
    }
}
