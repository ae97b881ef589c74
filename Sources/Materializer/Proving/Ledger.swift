internal import Columns

/// Which events were found where, by source and partition.
struct Ledger: Sendable {
    static let columns = ["_source", "_partition", "_offset"]

    private struct Line: Sendable {
        var seen = OffsetSet()
        var rows: Int64 = 0
        var quarantined: Int64 = 0
        var twice: Int64 = 0
    }

    private struct Key: Hashable {
        let source: String
        let partition: Int32
    }

    private var lines: [Key: Line] = [:]

    /// Takes in a batch of identities; false when its columns are others. Rows without a whole
    /// identity are not of a pipeline.
    mutating func add(_ batch: ColumnBatch, isQuarantine: Bool) -> Bool {
        guard batch.schema.fields.map(\.name) == Self.columns,
            batch.schema.fields.map(\.type) == [.string, .integer, .long]
        else { return false }
        var cursors = batch.columns.map { ColumnCursor($0) }
        for _ in 0..<batch.rowCount {
            let (source, partition) = (cursors[0].next().text, cursors[1].next().integer)
            guard let offset = cursors[2].next().integer, let source, let partition,
                let index = Int32(exactly: partition)
            else { continue }
            add(Key(source: source, partition: index), offset, isQuarantine: isQuarantine)
        }
        return true
    }

    private mutating func add(_ key: Key, _ offset: Int64, isQuarantine: Bool) {
        if lines[key, default: Line()].seen.insert(offset) {
            lines[key, default: Line()].rows += isQuarantine ? 0 : 1
            lines[key, default: Line()].quarantined += isQuarantine ? 1 : 0
        } else {
            lines[key, default: Line()].twice += 1
        }
    }

    func partition(
        _ source: String, _ index: UInt32, _ offsets: Range<Int64>, gaps: [Range<Int64>]
    ) -> Proof.Partition {
        let line = lines[Key(source: source, partition: Int32(clamping: index))] ?? Line()
        var missing: Int64 = 0
        var lost: [Range<Int64>] = []
        for hole in line.seen.missing(in: offsets) {
            var rest = hole.lowerBound
            for gap in gaps where gap.overlaps(hole) {
                let part = gap.clamped(to: hole)
                if part.lowerBound > rest { lost.append(rest..<part.lowerBound) }
                missing += part.upperBound - max(rest, part.lowerBound)
                rest = max(rest, part.upperBound)
            }
            if rest < hole.upperBound { lost.append(rest..<hole.upperBound) }
        }
        return Proof.Partition(
            index: index, start: offsets.lowerBound, end: offsets.upperBound, rows: line.rows, quarantined: line.quarantined,
            missing: missing, lost: lost, twice: line.twice)
    }
}
