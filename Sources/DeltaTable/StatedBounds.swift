internal import Bytes
internal import Columns

/// The smallest and largest values that an `add` states of the columns of its file, of all types
/// that have an order and of columns within structures.
///
/// Engines skip files by them, so a value outside of them is lost to whoever asks for it. A bound
/// that cannot be understood is none.
struct StatedBounds {
    private struct Leaf {
        /// From the table's columns down.
        let path: [Int]
        let name: String
        let low: ColumnValue?
        let high: ColumnValue?
    }

    private var leaves: [Leaf] = []

    /// Of columns in the order of `schema`.
    init(_ statistics: JSON?, _ schema: Schema) {
        add(schema.fields, [], "", statistics?["minValues"], statistics?["maxValues"])
    }

    private mutating func add(
        _ fields: [Field], _ path: [Int], _ prefix: String, _ low: JSON?, _ high: JSON?
    ) {
        for (place, field) in fields.enumerated() {
            let (low, high) = (low?[field.name], high?[field.name])
            guard low != nil || high != nil else { continue }
            let name = prefix + field.name
            if case .structure(let children) = field.type {
                add(children, path + [place], name + ".", low, high)
            } else {
                leaves.append(
                    Leaf(
                        path: path + [place], name: name,
                        low: low.flatMap { Self.value($0, field.type) },
                        high: high.flatMap { Self.value($0, field.type, isLargest: true) }))
            }
        }
    }

    /// The value of a bound's text (contract, section 4); nil where the type's bounds have no order
    /// that all writers agree on.
    private static func value(
        _ json: JSON, _ type: DataType, isLargest: Bool = false
    ) -> ColumnValue? {
        switch (type, json) {
        case (.byte, _), (.short, _), (.integer, _), (.long, _):
            json.integer.map { .integer(Int128($0)) }
        case (.date, .string(let text)):
            CalendarText.day(of: Array(text.utf8)).map { .integer(Int128($0)) }
        case (.timestamp, .string(let text)), (.timestampNTZ, .string(let text)):
            // Some writers cut the largest time to its millisecond; readers have to expect it.
            CalendarText.microseconds(of: text).map { .integer(Int128($0) + (isLargest ? 999 : 0)) }
        case (.decimal(_, let scale), .number(let text)):
            DecimalText.unscaled(text, scale).map(ColumnValue.integer)
        case (.float, .number(let text)): Float(text).map(ColumnValue.float)
        case (.double, .number(let text)): Double(text).map(ColumnValue.double)
        case (.string, .string(let text)): .bytes(Array(text.utf8))
        default: nil
        }
    }

    /// The name of a column that has a value outside of its bounds.
    func violated(by batch: ColumnBatch) -> String? {
        leaves.first { leaf in
            guard let first = leaf.path.first else { return false }
            var column = batch.columns[first]
            for place in leaf.path.dropFirst() {
                guard case .structure(let children) = column.values else { return false }
                column = children[place]
            }
            let count = column.valueCount
            let found = column.statistics(
                of: 0..<count, nullCount: column.count - count, order: nil)
            return found.bounds.map { !$0.isWithin(leaf.low, leaf.high) } ?? false
        }?.name
    }
}

extension Bounds {
    /// Whether everything between these bounds is between those; nil is no bound. Values of another
    /// kind are.
    fileprivate func isWithin(_ low: ColumnValue?, _ high: ColumnValue?) -> Bool {
        switch self {
        case .int32(let range): Self.isWithin(range, low?.number(), high?.number())
        case .int64(let range): Self.isWithin(range, low?.number(), high?.number())
        case .int128(let range): Self.isWithin(range, low?.number(), high?.number())
        case .float(let range): Self.isWithin(range, low?.float, high?.float)
        case .double(let range): Self.isWithin(range, low?.double, high?.double)
        case .bytes(let smallest, let largest):
            !(low?.bytes.map { smallest.rawSpan.precedes($0.rawSpan) } ?? false)
                && !(high?.bytes.map { $0.rawSpan.precedes(largest.rawSpan) } ?? false)
        case .bits: true
        }
    }

    private static func isWithin<Value: Comparable>(
        _ range: ClosedRange<Value>, _ low: Value?, _ high: Value?
    ) -> Bool {
        low ?? range.lowerBound <= range.lowerBound && range.upperBound <= high ?? range.upperBound
    }
}

extension ColumnValue {
    /// A bound beyond what the type holds is its end.
    fileprivate func number<Value: FixedWidthInteger>() -> Value? {
        guard case .integer(let value) = self else { return nil }
        return Value(clamping: value)
    }

    fileprivate var float: Float? {
        guard case .float(let value) = self else { return nil }
        return value
    }

    fileprivate var double: Double? {
        guard case .double(let value) = self else { return nil }
        return value
    }

    fileprivate var bytes: [UInt8]? {
        guard case .bytes(let bytes) = self else { return nil }
        return bytes
    }
}
