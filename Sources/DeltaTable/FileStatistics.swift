internal import Columns

/// The `stats` of an `add` (contract, section 4).
enum FileStatistics {
    /// How many columns get bounds, counted as Spark counts: leaves, in the schema's order.
    private static let indexedColumnCountDefault = 32
    private static let prefixCount = 32

    static func json(
        rowCount: Int, columns: [(path: [String], statistics: ColumnStatistics)], schema: Schema,
        properties: [String: String]
    ) -> JSON {
        let limit = properties["delta.dataSkippingNumIndexedCols"].flatMap(Int.init)
        var left = limit ?? indexedColumnCountDefault
        if left < 0 { left = .max }
        var (smallest, largest, nulls): (JSON, JSON, JSON) = ([:], [:], [:])
        for (path, statistics) in columns where left > 0 {
            guard let type = leafType(of: path, in: schema.fields) else { continue }
            left -= 1
            nulls.set(path[...], to: .integer(statistics.nullCount))
            guard let bounds = statistics.bounds, statistics.nanCount == 0,
                let (low, high) = BoundText(type).texts(of: bounds, prefixCount)
            else { continue }
            smallest.set(path[...], to: low)
            largest.set(path[...], to: high)
        }
        return [
            "numRecords": .integer(rowCount), "minValues": smallest, "maxValues": largest,
            "nullCount": nulls,
        ]
    }

    /// The type of a leaf that lies below structures alone; nil for what lies in lists and maps.
    private static func leafType(of path: [String], in fields: [Field]) -> DataType? {
        guard let field = fields.first(where: { $0.name == path[0] }) else { return nil }
        if case .structure(let children) = field.type {
            return leafType(of: Array(path.dropFirst()), in: children)
        }
        return path.count == 1 ? field.type : nil
    }
}

extension JSON {
    /// Puts `value` below the names of `path`, making the objects on the way.
    fileprivate mutating func set(_ path: ArraySlice<String>, to value: JSON) {
        guard let name = path.first else { return }
        guard path.count > 1 else { return set(name, to: value) }
        var below = self[name] ?? [:]
        below.set(path.dropFirst(), to: value)
        set(name, to: below)
    }
}

/// Writes the bounds of a column of one type as JSON, so that they remain bounds.
struct BoundText {
    private let type: DataType
    /// Beyond this many digits, readers that go through a double would shift the bound.
    private static let exactDigitCountMax = 15

    init(_ type: DataType) { self.type = type }

    /// Nil where there is no text that every reader takes for a bound.
    func texts(of bounds: Bounds, _ prefixCount: Int) -> (JSON, JSON)? {
        switch (type, bounds) {
        case (.long, .int64(let range)): (.integer(range.lowerBound), .integer(range.upperBound))
        case (.integer, .int32(let range)), (.short, .int32(let range)),
            (.byte, .int32(let range)):
            (.integer(range.lowerBound), .integer(range.upperBound))
        case (.date, .int32(let range)):
            CalendarText.date(Int64(range.lowerBound)).flatMap { low in
                CalendarText.date(Int64(range.upperBound)).map { (.string(low), .string($0)) }
            }
        case (.timestamp, .int64(let range)): timestamps(range, suffix: "Z", separator: "T")
        case (.timestampNTZ, .int64(let range)): timestamps(range, suffix: "", separator: " ")
        case (.float, .float(let range)):
            doubles(Double(range.lowerBound), Double(range.upperBound))
        case (.double, .double(let range)): doubles(range.lowerBound, range.upperBound)
        case (.decimal(let precision, let scale), .int32(let range)):
            decimals(Int128(range.lowerBound), Int128(range.upperBound), precision, scale)
        case (.decimal(let precision, let scale), .int64(let range)):
            decimals(Int128(range.lowerBound), Int128(range.upperBound), precision, scale)
        case (.string, .bytes(let low, let high)): strings(low, high, prefixCount)
        // Not all readers know bounds of booleans, binaries and longer decimals.
        default: nil
        }
    }

    private func doubles(_ low: Double, _ high: Double) -> (JSON, JSON)? {
        guard low.isFinite, high.isFinite else { return nil }
        return (.number(low.description), .number(high.description))
    }

    /// The smallest is rounded down to a millisecond and the largest up, which readers expect.
    private func timestamps(
        _ range: ClosedRange<Int64>, suffix: String, separator: String
    ) -> (JSON, JSON)? {
        let low = range.lowerBound.flooredQuotient(1000)
        let high = range.upperBound.flooredQuotient(1000) + (range.upperBound % 1000 == 0 ? 0 : 1)
        guard let lowText = CalendarText.milliseconds(low, separator),
            let highText = CalendarText.milliseconds(high, separator)
        else { return nil }
        return (.string(lowText + suffix), .string(highText + suffix))
    }

    private func decimals(
        _ low: Int128, _ high: Int128, _ precision: Int, _ scale: Int
    ) -> (JSON, JSON)? {
        guard precision <= Self.exactDigitCountMax else { return nil }
        return (.number(DecimalText.text(low, scale)), .number(DecimalText.text(high, scale)))
    }

    private func strings(_ low: [UInt8], _ high: [UInt8], _ prefixCount: Int) -> (JSON, JSON)? {
        guard let lowText = String(validating: low, as: UTF8.self),
            let highText = String(validating: high, as: UTF8.self),
            let largest = StringBound.largest(highText, prefixCount)
        else { return nil }
        return (.string(StringBound.smallest(lowText, prefixCount)), .string(largest))
    }
}

/// Shortens strings so that they remain bounds in the order of code points.
enum StringBound {
    static func smallest(_ text: String, _ count: Int) -> String {
        var prefix = String.UnicodeScalarView()
        prefix.append(contentsOf: text.unicodeScalars.prefix(count))
        return String(prefix)
    }

    /// A prefix and behind it a character above everything that was cut off, as Spark writes it.
    ///
    /// Nil when twice the length is not enough to find a place where such a character can stand.
    static func largest(_ text: String, _ count: Int) -> String? {
        let scalars = Array(text.unicodeScalars)
        guard scalars.count > count else { return text }
        for end in count..<min(scalars.count, 2 * count) where scalars[end].value < 0x10FFFF {
            var prefix = String.UnicodeScalarView()
            prefix.append(contentsOf: scalars[..<end])
            prefix.append(scalars[end].value < 0x7F ? "\u{7F}" : "\u{10FFFF}")
            return String(prefix)
        }
        return scalars.count <= 2 * count ? text : nil
    }
}

/// Decimals with the point where the scale puts it.
enum DecimalText {
    static func text(_ unscaled: Int128, _ scale: Int) -> String {
        guard scale > 0 else { return String(unscaled) }
        var digits = String(unscaled.magnitude)
        if digits.count <= scale {
            digits = String(repeating: "0", count: scale + 1 - digits.count) + digits
        }
        return (unscaled < 0 ? "-" : "") + digits.dropLast(scale) + "." + digits.suffix(scale)
    }
}
