/// The lengths of time in a table's properties: `interval 30 days`, `interval 1 week`.
enum Interval {
    private static let units: [String: Int64] = [
        "millisecond": 1, "second": 1000, "minute": 60_000, "hour": 3_600_000, "day": 86_400_000,
        "week": 7 * 86_400_000,
    ]

    /// In milliseconds; nil when the text is none, or names months, whose length differs.
    static func milliseconds(_ text: String) -> Int64? {
        var words = text.lowercased().split(separator: " ")[...]
        if words.first == "interval" { words = words.dropFirst() }
        guard !words.isEmpty, words.count % 2 == 0 else { return nil }
        var total: Int64 = 0
        while let number = words.popFirst(), let name = words.popFirst() {
            let unit = name.hasSuffix("s") ? String(name.dropLast()) : String(name)
            guard let count = Int64(number), count >= 0, let length = units[unit] else {
                return nil
            }
            let (product, overflow) = count.multipliedReportingOverflow(by: length)
            guard !overflow, total <= .max - product else { return nil }
            total += product
        }
        return total
    }
}

extension Metadata {
    /// For how long removed files are kept, in milliseconds.
    var fileRetention: Int64 { interval("delta.deletedFileRetentionDuration") ?? 7 * 86_400_000 }

    /// For how long the commits of old versions are kept, in milliseconds.
    var logRetention: Int64 { interval("delta.logRetentionDuration") ?? 30 * 86_400_000 }

    private func interval(_ property: String) -> Int64? {
        properties[property].flatMap(Interval.milliseconds)
    }
}
