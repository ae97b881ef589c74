import Bytes
import Testing

@testable import Columns

@Suite("Columns: statistics")
struct StatisticsTests {
    private func statistics(
        _ type: DataType, _ append: (inout ColumnBuilder) -> Void
    ) -> ColumnStatistics {
        var builder = ColumnBuilder(type, dictionaryBudget: 64)
        append(&builder)
        let column = builder.take()
        return column.statistics(
            of: 0..<column.valueCount, nullCount: column.validity.nullCount, order: nil)
    }

    @Test
    func `integers are bounded by the smallest and the largest`() {
        let found = statistics(.long) {
            for value in [3, -9, 12] as [Int64] { $0.append(int64: value) }
        }

        #expect(found.bounds == .int64(-9...12))
    }

    @Test
    func `a NaN is counted and bounds nothing`() {
        let found = statistics(.double) {
            for value in [.nan, 1.5, -2, .nan] { $0.append(double: value) }
        }

        #expect(found.bounds == .double(-2...1.5))
        #expect(found.nanCount == 2)
    }

    @Test
    func `NaNs alone have no bounds`() {
        let found = statistics(.float) { $0.append(float: .nan) }

        #expect(found.bounds == nil)
        #expect(found.nanCount == 1)
    }

    @Test(arguments: [[0.0], [-0.0], [0.0, -0.0]])
    func `a zero bound is widened to both zeros`(values: [Double]) {
        let found = statistics(.double) { for value in values { $0.append(double: value) } }

        guard case .double(let range) = found.bounds else { return #expect(Bool(false)) }
        #expect(range.lowerBound.sign == .minus)
        #expect(range.upperBound.sign == .plus)
    }

    @Test(arguments: [[Double.infinity], [-Double.infinity], [1, .infinity]])
    func `infinities are bounds`(values: [Double]) {
        let found = statistics(.double) { for value in values { $0.append(double: value) } }

        #expect(
            found.bounds == .double(values.reduce(.infinity, min)...values.reduce(-.infinity, max)))
    }

    @Test
    func `strings are ordered by their bytes, in the dictionary and past it`() {
        // U+FFFF sorts before U+10000 in UTF-8, and behind it in UTF-16.
        let words = [
            "\u{FFFF}", "\u{10000}", "z", "", "a", "ab", "aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaab",
        ]

        let found = statistics(.string) { for word in words { $0.append(string: word) } }

        #expect(found.bounds == .bytes(smallest: [], largest: Array("\u{10000}".utf8)))
    }

    @Test
    func `the order of byte strings is that of a comparison byte by byte`() {
        let strings: [[UInt8]] = (0..<40).map { index in
            (0..<(index % 20)).map { UInt8(truncatingIfNeeded: ($0 + index) * index / 7) }
        }

        for left in strings {
            for right in strings {
                #expect(
                    left.rawSpan.precedes(right.rawSpan) == left.lexicographicallyPrecedes(right))
            }
        }
    }

    @Test
    func `statistics of parts widen to those of the whole`() {
        var builder = ColumnBuilder(.string, dictionaryBudget: 40)
        for index in 0..<100 { builder.append(string: "v\(index * 37 % 100)") }
        let column = builder.take()

        for cut in 0...100 {
            var joined = column.statistics(of: 0..<cut, nullCount: 0, order: nil)
            joined.widen(by: column.statistics(of: cut..<100, nullCount: 0, order: nil))
            #expect(joined == column.statistics(of: 0..<100, nullCount: 0, order: nil))
        }
    }
}
