import CoreMetrics
import HTTPEndpoint
import Testing

@Suite("MetricRegistry")
struct MetricRegistryTests {
    let registry = MetricRegistry(meanings: ["events_total": "Events, \\ all\nof them."])

    private func lines(_ start: String) -> [String] {
        registry.text().split(separator: "\n").map(String.init).filter { $0.hasPrefix(start) }
    }

    @Test func `a counter keeps one number for each set of labels`() {
        let first = registry.makeCounter(
            label: "events_total", dimensions: [("b", "2"), ("a", "1")])
        let same = registry.makeCounter(
            label: "events_total", dimensions: [("a", "1"), ("b", "2")])
        let other = registry.makeCounter(label: "events_total", dimensions: [("a", "x\"\\\n")])

        first.increment(by: 2)
        same.increment(by: 3)
        other.increment(by: 1)

        #expect(
            lines("events_total") == [
                #"events_total{a="1",b="2"} 5"#, #"events_total{a="x\"\\\n"} 1"#,
            ])
        #expect(lines("# HELP events_total") == [#"# HELP events_total Events, \\ all\nof them."#])
        #expect(lines("# TYPE events_total") == ["# TYPE events_total counter"])
    }

    @Test func `a histogram's buckets hold those below them`() {
        let timer = registry.makeTimer(label: "wait.seconds", dimensions: [])

        timer.recordNanoseconds(300_000)
        timer.recordNanoseconds(400_000)
        timer.recordNanoseconds(90_000_000_000)

        let buckets = lines("wait_seconds_bucket")
        #expect(buckets.contains(#"wait_seconds_bucket{le="0.00025"} 0"#))
        #expect(buckets.contains(#"wait_seconds_bucket{le="0.0005"} 2"#))
        #expect(buckets.contains(#"wait_seconds_bucket{le="60"} 2"#))
        #expect(buckets.last == #"wait_seconds_bucket{le="+Inf"} 3"#)
        #expect(lines("wait_seconds_count") == ["wait_seconds_count 3"])
    }

    @Test func `a name of another kind gets a series that is not shown`() {
        registry.makeCounter(label: "both", dimensions: []).increment(by: 7)

        registry.makeMeter(label: "both", dimensions: []).set(Int64(9))

        #expect(lines("both") == ["both 7"])
        #expect(lines("millrace_metrics_refused").last?.hasSuffix(" 1") == true)
    }

    @Test func `series beyond the bound are counted, not kept`() {
        for index in 0..<1100 {
            registry.makeCounter(label: "many_total", dimensions: [("i", "\(index)")])
                .increment(by: 1)
        }

        #expect(lines("many_total").count == 1000)
        #expect(lines("millrace_metrics_refused").last?.hasSuffix(" 100") == true)
    }

    @Test func `what sources say is asked for at each scrape`() {
        registry.add { [MetricSample("level", .gauge, 0.5, [MetricLabel("of", "tank")])] }

        #expect(lines("level") == [#"level{of="tank"} 0.5"#])
    }
}
