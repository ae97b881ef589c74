package import CoreMetrics
internal import Synchronization

/// All metrics of a process, kept for whoever scrapes them.
///
///     Counter("millrace_x_total") ──▶ series ──┐
///     a log's own statistics ──▶ source ───────┴──▶ text at /metrics
///
/// It is the backend of swift-metrics here, and asks its sources for numbers that others keep
/// anyway. Its memory is bounded: a metric has at most `seriesCountMax` series, and what comes
/// beyond that is counted in a series that is not shown.
package final class MetricRegistry: Sendable {
    struct Family {
        enum Series {
            case counter(CounterSeries)
            case gauge(GaugeSeries)
            case histogram(HistogramSeries)
        }

        let type: String
        var series: [[MetricLabel]: Series] = [:]
    }

    private struct State {
        var families: [String: Family] = [:]
        var sources: [@Sendable () -> [MetricSample]] = []
        var refusals: Int64 = 0
    }

    static let seriesCountMax = 1000
    static let familyCountMax = 1000

    /// What each metric means, by its name.
    let meanings: [String: String]
    private let state = Mutex(State())

    /// `meanings` become the HELP lines.
    package init(meanings: [String: String]) { self.meanings = meanings }

    /// Asks `source` at every scrape.
    package func add(_ source: @escaping @Sendable () -> [MetricSample]) {
        state.withLock { $0.sources.append(source) }
    }

    var families: [String: Family] { state.withLock { $0.families } }

    var refusals: Int64 { state.withLock { $0.refusals } }

    /// What the sources say now.
    func samples() -> [MetricSample] {
        let sources = state.withLock { $0.sources }
        return sources.flatMap { $0() }
    }

    /// The series of that name and those labels; one that nobody shows where there is no room, or
    /// where the name belongs to a metric of another kind.
    private func series<Handler>(
        _ type: String, _ name: String, _ dimensions: [(String, String)],
        make: (String) -> (Handler, Family.Series), _ match: (Family.Series) -> Handler?
    ) -> Handler {
        let name = MetricName.checked(name)
        let labels = dimensions.map { MetricLabel($0.0, $0.1) }.sorted()
        return state.withLock { state in
            if let known = state.families[name]?.series[labels], let handler = match(known) {
                return handler
            }
            let (handler, series) = make(name)
            var family = state.families[name] ?? Family(type: type)
            let hasRoom =
                family.series.count < Self.seriesCountMax
                && state.families.count <= Self.familyCountMax
            guard hasRoom, family.type == type, family.series[labels] == nil else {
                state.refusals += 1
                return handler
            }
            family.series[labels] = series
            state.families[name] = family
            return handler
        }
    }
}

extension MetricRegistry: MetricsFactory {
    /// A counter; its name ends in `_total` by Prometheus' rule.
    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series("counter", label, dimensions) { _ in
            let made = CounterSeries()
            return (made, .counter(made))
        } _: { known in
            if case .counter(let found) = known { found } else { nil }
        }
    }

    /// A gauge.
    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions)
    }

    /// A histogram, or a gauge where nobody wants the distribution.
    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        aggregate ? histogram(label, dimensions) : gauge(label, dimensions)
    }

    /// A histogram in seconds.
    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions)
    }

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> GaugeSeries {
        series("gauge", label, dimensions) { _ in
            let made = GaugeSeries()
            return (made, .gauge(made))
        } _: { known in
            if case .gauge(let found) = known { found } else { nil }
        }
    }

    private func histogram(
        _ label: String, _ dimensions: [(String, String)]
    ) -> HistogramSeries {
        series("histogram", label, dimensions) { name in
            let made = HistogramSeries(bounds: HistogramSeries.bounds(forName: name))
            return (made, .histogram(made))
        } _: { known in
            if case .histogram(let found) = known { found } else { nil }
        }
    }

    /// Series stay: a counter that vanishes reads as a restart.
    package func destroyCounter(_: any CounterHandler) {}
    /// Series stay.
    package func destroyMeter(_: any MeterHandler) {}
    /// Series stay.
    package func destroyRecorder(_: any RecorderHandler) {}
    /// Series stay.
    package func destroyTimer(_: any TimerHandler) {}
}
