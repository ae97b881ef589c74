internal import Bytes
internal import Columns

/// The two indexes of a chunk's pages, which let a reader fetch only those that can matter.
enum PageIndex {
    /// Where each page lies. `start` is the chunk's own place in the file.
    static func offsets(of chunk: EncodedChunk, from start: Int64) -> [UInt8] {
        ThriftWriter.encode { writer in
            writer.field(1, list: chunk.pages, of: .structure) { writer, page in
                writer.structure { writer in
                    writer.field(1, int64: start + page.location.offset)
                    writer.field(2, int32: page.location.byteCount)
                    writer.field(3, int64: page.location.firstRow)
                }
            }
        }
    }

    /// The bounds of each page; nil when a page with values has none, as one of NaNs alone.
    static func bounds(of chunk: EncodedChunk, _ leaf: Leaf, byteCountMax: Int) -> [UInt8]? {
        guard leaf.repetitionMax == 0 else { return nil }
        let stored = chunk.pages.map {
            StoredStatistics($0.statistics, leaf, byteCountMax: byteCountMax)
        }
        for (page, bounds) in zip(chunk.pages, stored) {
            guard page.statistics.valueCount == 0 || bounds.smallest != nil else { return nil }
        }
        return ThriftWriter.encode { writer in
            writer.field(1, list: chunk.pages, of: .bool) {
                $0.element(bool: $1.statistics.valueCount == 0)
            }
            writer.field(2, list: stored, of: .binary) { $0.element(binary: $1.smallest ?? []) }
            writer.field(3, list: stored, of: .binary) { $0.element(binary: $1.largest ?? []) }
            writer.field(4, int32: order(of: chunk.pages).rawValue)
            writer.field(5, list: chunk.pages, of: .int64) {
                $0.element(int64: Int64($1.statistics.nullCount))
            }
        }
    }

    private enum BoundaryOrder: Int32 {
        case unordered = 0
        case ascending = 1
        case descending = 2
    }

    /// Of pages with values, whether neither bound ever goes down, or up.
    private static func order(of pages: [EncodedPage]) -> BoundaryOrder {
        let bounds = pages.compactMap(\.statistics.bounds)
        let pairs = zip(bounds, bounds.dropFirst())
        if pairs.allSatisfy({ $0.isAtMost($1) }) { return .ascending }
        if pairs.allSatisfy({ $1.isAtMost($0) }) { return .descending }
        return .unordered
    }
}

extension Bounds {
    /// Whether neither the smallest nor the largest value is above that of `other`.
    fileprivate func isAtMost(_ other: Bounds) -> Bool {
        switch (self, other) {
        case (.int32(let a), .int32(let b)):
            a.lowerBound <= b.lowerBound && a.upperBound <= b.upperBound
        case (.int64(let a), .int64(let b)):
            a.lowerBound <= b.lowerBound && a.upperBound <= b.upperBound
        case (.int128(let a), .int128(let b)):
            a.lowerBound <= b.lowerBound && a.upperBound <= b.upperBound
        case (.float(let a), .float(let b)):
            a.lowerBound <= b.lowerBound && a.upperBound <= b.upperBound
        case (.double(let a), .double(let b)):
            a.lowerBound <= b.lowerBound && a.upperBound <= b.upperBound
        case (.bytes(let low, let high), .bytes(let otherLow, let otherHigh)):
            !otherLow.rawSpan.precedes(low.rawSpan) && !otherHigh.rawSpan.precedes(high.rawSpan)
        default: false
        }
    }
}
