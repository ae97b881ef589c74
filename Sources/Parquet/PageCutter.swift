internal import Columns

/// What goes into one data page: ranges of levels, of values and of rows.
struct PageExtent: Equatable, Sendable {
    var levels: Range<Int>
    var values: Range<Int>
    var rows: Range<Int>
}

/// Cuts a leaf into pages of about one size, each beginning with a row.
enum PageCutter {
    /// Rows are taken 64 at a time, so that the bits of their levels begin with a word.
    private static let stepCount = 64

    static func pages(of leaf: LeafColumn, _ sizes: ValueSizes, _ options: WriterOptions)
        -> [PageExtent]
    {
        switch leaf.levels {
        case .nested(let nested):
            return cut(nested, maximum: leaf.leaf.definitionMax, sizes, options)
        case .required(let count):
            return cut(rowCount: count, sizes, options) { $0.count }
        case .flat(let validity):
            return cut(rowCount: validity.count, sizes, options) {
                validity.valueCount(in: $0)
            }
        }
    }

    private static func cut(
        rowCount: Int, _ sizes: ValueSizes, _ options: WriterOptions,
        _ valueCount: (Range<Int>) -> Int
    ) -> [PageExtent] {
        var pages: [PageExtent] = []
        var page = PageExtent(levels: 0..<0, values: 0..<0, rows: 0..<0)
        var row = 0
        while row < rowCount {
            let step = row..<min(row + stepCount, rowCount)
            let reached = page.values.upperBound + valueCount(step)
            row = step.upperBound
            page.rows = page.rows.lowerBound..<row
            page.values = page.values.lowerBound..<reached
            page.levels = page.rows
            if isFull(page, sizes, options) || row == rowCount {
                pages.append(page)
                page = PageExtent(levels: row..<row, values: reached..<reached, rows: row..<row)
            }
        }
        return pages
    }

    private static func cut(
        _ levels: LeafColumn.Nested, maximum: UInt8, _ sizes: ValueSizes,
        _ options: WriterOptions
    ) -> [PageExtent] {
        var pages: [PageExtent] = []
        var page = PageExtent(levels: 0..<0, values: 0..<0, rows: 0..<0)
        var value = 0
        var row = 0
        for index in levels.definitions.indices {
            if levels.repetitions[index] == 0 {
                page.levels = page.levels.lowerBound..<index
                page.values = page.values.lowerBound..<value
                page.rows = page.rows.lowerBound..<row
                if row % stepCount == 0 && row > 0 && isFull(page, sizes, options) {
                    pages.append(page)
                    page = PageExtent(
                        levels: index..<index, values: value..<value, rows: row..<row)
                }
                row += 1
            }
            if levels.definitions[index] == maximum { value += 1 }
        }
        page.levels = page.levels.lowerBound..<levels.definitions.count
        page.values = page.values.lowerBound..<value
        page.rows = page.rows.lowerBound..<row
        if !page.levels.isEmpty { pages.append(page) }
        return pages
    }

    private static func isFull(
        _ page: PageExtent, _ sizes: ValueSizes, _ options: WriterOptions
    ) -> Bool {
        page.levels.count >= options.pageRowCount
            || sizes.byteCount(of: page.values) >= options.pageByteCount
    }
}

/// About how many bytes values take in a page, before compression.
struct ValueSizes {
    /// The values before this one are numbers of a dictionary.
    let numberedCount: Int
    let numberWidth: Int
    private let fixedByteCount: Int
    private let strings: StringValues?

    init(_ leaf: LeafColumn, _ dictionary: ChunkDictionary?) {
        numberedCount = dictionary?.numbers.count ?? 0
        numberWidth = dictionary?.width ?? 0
        (fixedByteCount, strings) =
            switch leaf.column.values {
            case .int32, .float: (4, nil)
            case .int64, .double: (8, nil)
            case .int128: (leaf.leaf.typeLength, nil)
            case .strings(let values): (0, values)
            case .bits, .structure, .lists: (1, nil)
            }
    }

    func byteCount(of range: Range<Int>) -> Int {
        let numbered = range.clamped(to: 0..<numberedCount).count
        var result = numbered * numberWidth / 8
        guard numbered < range.count else { return result }
        guard let strings else { return result + (range.count - numbered) * fixedByteCount }
        // WHY: where strings have numbers but the dictionary did not pay, a guess will do.
        let others = range.clamped(
            to: strings.numbers.count..<max(strings.numbers.count, range.upperBound))
        result += (range.count - numbered - others.count) * averageByteCount(strings)
        guard !others.isEmpty else { return result }
        let first = others.lowerBound - strings.numbers.count
        let last = others.upperBound - strings.numbers.count - 1
        let bytes =
            strings.rest.range(of: last).upperBound - strings.rest.range(of: first).lowerBound
        return result + bytes + others.count * 4
    }

    private func averageByteCount(_ strings: StringValues) -> Int {
        4 + strings.dictionary.bytes.count / max(1, strings.dictionary.count)
    }
}
