internal import Bytes
internal import Columns

/// Flattens bodies into the columns of a pipeline's tables, in the order in which they are given.
///
/// What comes out is a function of the plan and of the bodies with their places. One task owns a
/// flattener; many may share a plan.
package struct Flattener: ~Copyable, Sendable {
    package let plan: FlattenPlan
    private var parser: TapeParser
    private var rows: RowWriter
    private var counts = EventCounts()
    private let source: [UInt8]

    /// A larger body is quarantined. No record of a log is larger.
    package static let byteCountMax = 4 << 20

    /// A flattener whose rows carry `source`. A string column keeps up to `dictionaryBudget` bytes
    /// of strings once each.
    package init(
        _ plan: FlattenPlan, source: String,
        dictionaryBudget: Int = ColumnBuilder.dictionaryBudgetDefault
    ) {
        self.plan = plan
        self.source = Array(source.utf8)
        parser = TapeParser(depthMax: plan.mapping.depthMax, byteCountMax: Self.byteCountMax)
        rows = RowWriter(plan, dictionaryBudget: dictionaryBudget)
    }

    /// Appends the rows of the body that lies in `range` of `buffer`.
    ///
    /// Where fewer than 64 bytes follow the body in the buffer, it is copied first. An event that
    /// is quarantined has left nothing in any table.
    package mutating func flatten(
        _ range: Range<Int>, of buffer: RawSpan, partition: Int32, offset: Int64
    ) -> FlattenOutcome {
        let outcome: FlattenOutcome
        do throws(QuarantineReason) {
            let rescued = try land(range, of: buffer, partition, offset)
            outcome = rescued == 0 ? .landed : .landedWithRescues(rescued)
        } catch {
            outcome = .quarantined(error)
        }
        counts.count(outcome)
        return outcome
    }

    private mutating func land(
        _ range: Range<Int>, of buffer: RawSpan, _ partition: Int32, _ offset: Int64
    ) throws(QuarantineReason) -> Int {
        if plan.mapping.body == .json {
            try parser.parse(range, of: buffer)
            return rows.land(parser.tape, partition: partition, offset: offset)
        }
        let body = buffer.extracting(range)
        if plan.mapping.body == .text, let bad = UTF8Check.firstBad(in: body) {
            throw .invalidUTF8(position: bad)
        }
        rows.landRaw(body, partition: partition, offset: offset)
        return 0
    }

    // MARK: Results

    /// For each table the rows that were not taken yet.
    package var rowCounts: [Int] { rows.rowCounts }

    /// About what the rows take in memory.
    package var byteCount: Int { rows.byteCount }

    /// Fields without a column that were met since the last `take`.
    package var discoveries: Discoveries { rows.discoveries }

    /// The rows, and what happened on the way; afterwards there is nothing.
    package mutating func take() -> FlattenedRows {
        let rescues = rows.takeRescues()
        let discoveries = rows.takeDiscoveries()
        let events = counts
        counts = EventCounts()
        return FlattenedRows(
            batches: rows.takeBatches(source: source), events: events, rescues: rescues,
            discoveries: discoveries)
    }
}
