/// A number that somebody else keeps, as of the moment when it was asked for.
package struct MetricSample: Sendable {
    /// How the number behaves.
    package enum Kind: String, Sendable { case counter, gauge }

    /// Begins with `millrace_`, and says its unit at the end, as Prometheus advises.
    package let name: String
    /// The TYPE that a scrape shows.
    package let kind: Kind
    /// In the order in which they are shown.
    package let labels: [MetricLabel]
    /// Seconds and bytes, never their multiples.
    package let value: Double

    /// Characters that Prometheus does not allow in a name become `_`.
    package init(
        _ name: String, _ kind: Kind, _ value: Double, _ labels: [MetricLabel] = []
    ) {
        self.name = MetricName.checked(name)
        self.kind = kind
        self.labels = labels
        self.value = value
    }
}

/// What tells one series of a metric from another.
package struct MetricLabel: Hashable, Comparable, Sendable {
    /// With `_` for every character that Prometheus does not allow.
    package let name: String
    /// Any text: it is escaped when it is shown.
    package let value: String

    /// A label that is not on any series yet.
    package init(_ name: String, _ value: String) {
        self.name = MetricName.checked(name)
        self.value = value
    }

    /// By name, then by value.
    package static func < (left: Self, right: Self) -> Bool {
        (left.name, left.value) < (right.name, right.value)
    }
}

/// Names as Prometheus allows them: `[a-zA-Z_][a-zA-Z0-9_]*`.
enum MetricName {
    /// The name with `_` for every character that may not be there.
    static func checked(_ name: String) -> String {
        let fitting = String(
            name.unicodeScalars.map { scalar in
                switch scalar {
                case "a"..."z", "A"..."Z", "0"..."9", "_": Character(scalar)
                default: "_"
                }
            })
        guard let first = fitting.first, !first.isNumber else { return "_" + fitting }
        return fitting
    }
}
