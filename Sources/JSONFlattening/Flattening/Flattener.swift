internal import Bytes
internal import Columns

/// Flattens bodies into the columns of a pipeline's tables, in the order in which they are given.
///
/// What comes out is a function of the plan and of the bodies with their places. One task owns a
/// flattener; many may share a plan.
package struct Flattener: ~Copyable, Sendable {
    /// What is done with which value.
    package let plan: FlattenPlan
    private var parser: TapeParser
    private var rows: RowWriter
    private var counts = EventCounts()
    private let source: [UInt8]
    private let body: BodyMode
    /// How many bodies in a row the quick way has left to the usual one, and for how many it is not
    /// tried at all.
    private var missCount = 0
    private var pauseCount = 0

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
        body = plan.mapping.body
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
        guard body == .json else { return try landRaw(range, of: buffer, partition, offset) }
        if pauseCount > 0 {
            pauseCount &-= 1
        } else if parser.index(range, of: buffer) {
            if rows.landQuickly(
                parser.indexed(range, of: buffer), partition: partition, offset: offset)
            {
                missCount = 0
                return 0
            }
            noteMiss()
            try parser.finish(range, of: buffer)
            return rows.land(parser.tape, partition: partition, offset: offset)
        }
        try parser.parse(range, of: buffer)
        return rows.land(parser.tape, partition: partition, offset: offset)
    }

    /// Where bodies are never quick, trying costs little but for nothing.
    private mutating func noteMiss() {
        missCount += 1
        guard missCount == Self.missCountMax else { return }
        missCount = 0
        pauseCount = Self.pauseCountMax
    }

    private static let missCountMax = 32
    private static let pauseCountMax = 1_024

    private mutating func landRaw(
        _ range: Range<Int>, of buffer: RawSpan, _ partition: Int32, _ offset: Int64
    ) throws(QuarantineReason) -> Int {
        let body = buffer.extracting(range)
        if self.body == .text, let bad = UTF8Check.firstBad(in: body) {
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
