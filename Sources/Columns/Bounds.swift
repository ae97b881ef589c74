internal import Bytes

/// The smallest and the largest of some values of one column.
///
/// Floats are ordered without their NaNs, which are counted instead. Zeros are widened: a smallest
/// zero is -0.0 and a largest one +0.0, as Parquet asks of its statistics.
package enum Bounds: Equatable, Sendable {
    case int32(ClosedRange<Int32>)
    case int64(ClosedRange<Int64>)
    case int128(ClosedRange<Int128>)
    case float(ClosedRange<Float>)
    case double(ClosedRange<Double>)
    case bits(smallest: Bool, largest: Bool)
    /// In the order of unsigned bytes.
    case bytes(smallest: [UInt8], largest: [UInt8])
}

/// What is known of some places of one column.
package struct ColumnStatistics: Equatable, Sendable {
    /// How many places hold a value.
    package var valueCount: Int
    /// How many hold none.
    package var nullCount: Int
    /// How many of the values are NaN, which has no order.
    package var nanCount: Int
    /// Nil when there is no value that has an order.
    package var bounds: Bounds?

    /// What is known of so many places.
    package init(
        valueCount: Int = 0, nullCount: Int = 0, nanCount: Int = 0, bounds: Bounds? = nil
    ) {
        self.valueCount = valueCount
        self.nullCount = nullCount
        self.nanCount = nanCount
        self.bounds = bounds
    }

    /// Takes in what is known of further places.
    package mutating func widen(by other: ColumnStatistics) {
        valueCount += other.valueCount
        nullCount += other.nullCount
        nanCount += other.nanCount
        guard let more = other.bounds else { return }
        bounds = bounds.map { $0.widened(by: more) } ?? more
    }
}

extension Bounds {
    /// The bounds of both. Traps when they are of different storage.
    package func widened(by other: Bounds) -> Bounds {
        switch (self, other) {
        case (.int32(let a), .int32(let b)): .int32(union(a, b))
        case (.int64(let a), .int64(let b)): .int64(union(a, b))
        case (.int128(let a), .int128(let b)): .int128(union(a, b))
        case (.float(let a), .float(let b)): .float(union(a, b))
        case (.double(let a), .double(let b)): .double(union(a, b))
        case (.bits(let low, let high), .bits(let otherLow, let otherHigh)):
            .bits(smallest: low && otherLow, largest: high || otherHigh)
        case (.bytes(let low, let high), .bytes(let otherLow, let otherHigh)):
            .bytes(
                smallest: otherLow.rawSpan.precedes(low.rawSpan) ? otherLow : low,
                largest: high.rawSpan.precedes(otherHigh.rawSpan) ? otherHigh : high)
        default: preconditionFailure("\(self) and \(other) are not of one column")
        }
    }
}

private func union<Value>(
    _ left: ClosedRange<Value>, _ right: ClosedRange<Value>
) -> ClosedRange<Value> {
    min(left.lowerBound, right.lowerBound)...max(left.upperBound, right.upperBound)
}

extension Bounds {
    /// The smallest and largest of integers.
    static func range<Value: FixedWidthInteger>(of values: Span<Value>) -> ClosedRange<Value>? {
        guard !values.isEmpty else { return nil }
        var smallest = values[0]
        var largest = smallest
        for index in values.indices {
            let value = values[index]
            smallest = min(smallest, value)
            largest = max(largest, value)
        }
        return smallest...largest
    }

    /// The smallest and largest of the floats that are not NaN, and the number of those that are.
    static func range<Value: BinaryFloatingPoint>(
        of values: Span<Value>
    ) -> (range: ClosedRange<Value>?, nanCount: Int) {
        var smallest = Value.infinity
        var largest = -Value.infinity
        var nanCount = 0
        for index in values.indices {
            let value = values[index]
            // Each comparison is false for a NaN.
            if value < smallest { smallest = value }
            if value > largest { largest = value }
            nanCount &+= value == value ? 0 : 1
        }
        guard nanCount < values.count else { return (nil, nanCount) }
        return ((smallest == 0 ? -0.0 : smallest)...(largest == 0 ? 0.0 : largest), nanCount)
    }
}
