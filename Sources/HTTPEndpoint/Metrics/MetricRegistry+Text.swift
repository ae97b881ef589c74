/// The text format of Prometheus, version 0.0.4.
extension MetricRegistry {
    /// Every metric, in the order of the names.
    package func text() -> String {
        var blocks: [String: MetricBlock] = [:]
        for (name, family) in families {
            var block = MetricBlock(name, type: family.type, meaning: meanings[name])
            for (labels, series) in family.series.sorted(by: { $0.key.precedes($1.key) }) {
                block.add(series, labels)
            }
            blocks[name] = block
        }
        let own = MetricSample(
            "millrace_metrics_refused_series_total", .counter, Double(refusals))
        for sample in samples() + [own] {
            var block =
                blocks[sample.name]
                ?? MetricBlock(
                    sample.name, type: sample.kind.rawValue, meaning: meanings[sample.name])
            // A name that a series of another kind has is not shown twice.
            guard block.type == sample.kind.rawValue, block.seriesCount < Self.seriesCountMax
            else { continue }
            block.add(sample.value, sample.labels)
            blocks[sample.name] = block
        }
        return blocks.sorted { $0.key < $1.key }.map(\.value.text).joined()
    }
}

/// The lines of one metric.
private struct MetricBlock {
    let name: String
    let type: String
    private(set) var text: String
    private(set) var seriesCount = 0

    init(_ name: String, type: String, meaning: String?) {
        self.name = name
        self.type = type
        text = meaning.map { "# HELP \(name) \($0.escaped(quotes: false))\n" } ?? ""
        text += "# TYPE \(name) \(type)\n"
    }

    mutating func add(_ value: Double, _ labels: [MetricLabel]) {
        line(name, labels, value)
        seriesCount += 1
    }

    mutating func add(_ series: MetricRegistry.Family.Series, _ labels: [MetricLabel]) {
        switch series {
        case .counter(let counter): add(Double(counter.value), labels)
        case .gauge(let gauge): add(gauge.value, labels)
        case .histogram(let histogram):
            add(histogram.value, bounds: histogram.bounds, labels)
            seriesCount += 1
        }
    }

    /// Buckets count what lies at or below their bound, so each holds those before it.
    private mutating func add(
        _ state: HistogramSeries.State, bounds: [Double], _ labels: [MetricLabel]
    ) {
        var count: Int64 = 0
        for (bound, here) in zip(bounds + [.infinity], state.counts) {
            count += here
            line(name + "_bucket", labels + [MetricLabel("le", bound.metricText)], Double(count))
        }
        line(name + "_sum", labels, state.sum)
        line(name + "_count", labels, Double(count))
    }

    private mutating func line(_ name: String, _ labels: [MetricLabel], _ value: Double) {
        let pairs = labels.map { "\($0.name)=\"\($0.value.escaped(quotes: true))\"" }
        text += name
        if !pairs.isEmpty { text += "{" + pairs.joined(separator: ",") + "}" }
        text += " \(value.metricText)\n"
    }
}

extension Double {
    /// The number as Prometheus spells it; whole numbers without a fraction.
    fileprivate var metricText: String {
        if isNaN { return "NaN" }
        if isInfinite { return self < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: self) { return String(whole) }
        return description
    }
}

extension String {
    fileprivate func escaped(quotes: Bool) -> String {
        var text = ""
        for character in unicodeScalars {
            switch character {
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\"" where quotes: text += "\\\""
            default: text.unicodeScalars.append(character)
            }
        }
        return text
    }
}

extension [MetricLabel] {
    fileprivate func precedes(_ other: [MetricLabel]) -> Bool {
        lexicographicallyPrecedes(other)
    }
}
