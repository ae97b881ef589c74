/// Offsets of one partition that have their event, in order; neighbours are one range.
struct OffsetRanges: Equatable {
    private(set) var ranges: [Range<Int64>] = []

    /// The first offset after all of them.
    var end: Int64 { ranges.last?.upperBound ?? 0 }

    /// Adds offsets that all come after those there are.
    mutating func append(_ range: Range<Int64>) {
        precondition(range.lowerBound >= end, "offsets \(range) after \(end)")
        if let last = ranges.last, last.upperBound == range.lowerBound {
            ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
        } else {
            ranges.append(range)
        }
    }

    /// How many of the offsets are in `bounds`.
    func count(in bounds: Range<Int64>) -> Int64 {
        ranges.reduce(0) { $0 + Int64($1.clamped(to: bounds).count) }
    }

    /// What of `bounds` is neither here nor in `others`.
    func missing(in bounds: Range<Int64>, beside others: [Range<Int64>]) -> [Range<Int64>] {
        var holes: [Range<Int64>] = []
        var rest = bounds.lowerBound
        for range in (ranges + others).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            guard range.upperBound > rest else { continue }
            let end = min(range.lowerBound, bounds.upperBound)
            if end > rest { holes.append(rest..<end) }
            rest = max(rest, range.upperBound)
        }
        if rest < bounds.upperBound { holes.append(rest..<bounds.upperBound) }
        return holes
    }
}
