/// One measured number, with the limit that was measured beside it.
struct Figure {
    enum Unit: String {
        case bytes = "B"
        case bytesPerSecond = "B/s"
        case nanoseconds = "ns"
        case seconds = "s"
        case mebibytes = "MiB"
        case eventsPerSecond = "events/s"
        case rowsPerSecond = "rows/s"
        case perSecond = "1/s"
        /// A plain quotient, such as bytes written per payload byte.
        case ratio = ""
    }

    let name: String
    let value: Double
    let unit: Unit
    /// In the same unit; nil where there is nothing to hold the value against.
    var limit: Double?

    /// Value over limit. Whether more or less is better depends on the figure.
    var ratio: Double? { limit.map { value / $0 } }
}

extension Figure {
    /// One JSON object, on one line.
    var json: String {
        let fields = [
            "\"name\": \"\(name)\"",
            "\"value\": \(Self.json(value))",
            "\"unit\": \"\(unit.rawValue)\"",
            "\"limit\": \(limit.map(Self.json) ?? "null")",
            "\"ratio\": \(ratio.map(Self.json) ?? "null")",
        ]
        return "{\(fields.joined(separator: ", "))}"
    }

    /// One row of the table that `heading` begins.
    var row: String {
        Self.row(
            name, Self.text(value), unit.rawValue, limit.map(Self.text) ?? "-",
            ratio.map { Self.rounded($0, digits: 3) } ?? "-")
    }

    static var heading: String { row("name", "value", "unit", "limit", "ratio") }

    private static func row(
        _ name: String, _ value: String, _ unit: String, _ limit: String, _ ratio: String
    ) -> String {
        let columns = [
            name.padded(to: 28), value.padded(to: 16, on: .left), " ", unit.padded(to: 9),
            limit.padded(to: 16, on: .left), ratio.padded(to: 9, on: .left),
        ]
        return columns.joined()
    }

    /// JSON has no infinities; a figure that divides by nothing says so.
    private static func json(_ number: Double) -> String {
        number.isFinite ? rounded(number, digits: number.magnitude < 1000 ? 6 : 1) : "null"
    }

    private static func text(_ number: Double) -> String {
        let digits = number.magnitude < 10 ? 3 : number.magnitude < 1000 ? 1 : 0
        return rounded(number, digits: digits)
    }

    private static func rounded(_ number: Double, digits: Int) -> String {
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        // In integers, for a fixed number of digits whatever the size.
        guard let scaled = Int(exactly: (number.magnitude * scale).rounded()) else {
            return "\(number)"
        }
        let sign = number < 0 ? "-" : ""
        guard digits > 0 else { return "\(sign)\(scaled)" }
        let fraction = String(scaled % Int(scale))
        let zeros = String(repeating: "0", count: digits - fraction.count)
        return "\(sign)\(scaled / Int(scale)).\(zeros)\(fraction)"
    }
}

extension String {
    fileprivate enum Side { case left, right }

    fileprivate func padded(to width: Int, on side: Side = .right) -> String {
        let spaces = String(repeating: " ", count: Swift.max(0, width - count))
        return side == .right ? self + spaces : spaces + self
    }
}
