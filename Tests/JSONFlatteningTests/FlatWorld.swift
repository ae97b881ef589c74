import Bytes
import Columns
import Testing

@testable import JSONFlattening

/// Bodies on their way into rows, as a materializer would take them: what has no column yet is
/// discovered, the schema grows, and the bodies are flattened once more.
struct FlatWorld {
    private(set) var growth: SchemaGrowth
    private(set) var changes: [SchemaChange] = []
    private(set) var outcomes: [FlattenOutcome] = []
    private(set) var taken: FlattenedRows?
    private var bodies: [[UInt8]] = []

    init(_ mapping: Mapping = Mapping()) { growth = SchemaGrowth(mapping) }

    init(mapping text: String) throws { self.init(try Mapping(parsing: text)) }

    mutating func flatten(_ bodies: String...) { flatten(bodies.map { Array($0.utf8) }) }

    /// Adds bodies and makes the rows of all anew, with columns for what they hold.
    mutating func flatten(_ more: [[UInt8]]) {
        bodies += more
        run()
        if let taken, let change = growth.grow(with: taken.discoveries) {
            changes.append(change)
            run()
        }
    }

    /// Makes the rows of all bodies anew, without new columns.
    private mutating func run() {
        var padded = PaddedBodies()
        for body in bodies { padded.append(body.rawSpan) }
        padded.seal()
        var flattener = Flattener(FlattenPlan(growth), source: "store:1")
        outcomes = []
        for (offset, range) in padded.ranges.enumerated() {
            outcomes.append(
                flattener.flatten(
                    range, of: padded.buffer, partition: 3, offset: Int64(offset)))
        }
        taken = flattener.take()
    }

    // MARK: Rows

    /// The rows of a table without their identity: the columns that hold something, as text.
    func rows(_ table: String = "") throws -> [[String: String]] {
        try allColumns(of: table).map { row in
            row.filter { !["_source", "_partition", "_offset"].contains($0.key) }
        }
    }

    /// The rows of a table: the columns that hold something, as text.
    func allColumns(of table: String = "") throws -> [[String: String]] {
        let index = try #require(growth.tables.firstIndex { $0.name == table })
        return Self.rows(of: try #require(taken?.batches[index]))
    }

    /// One row of the parent but for its source.
    func row(_ index: Int) throws -> [String: String] {
        try allColumns()[index].filter { $0.key != "_source" }
    }

    static func rows(of batch: ColumnBatch) -> [[String: String]] {
        var cursors = batch.columns.map(ColumnCursor.init)
        return (0..<batch.rowCount).map { _ in
            var row: [String: String] = [:]
            for (column, field) in batch.schema.fields.enumerated() {
                let value = cursors[column].next()
                if value != .null { row[field.name] = text(value) }
            }
            return row
        }
    }

    static func text(_ value: ColumnValue) -> String {
        switch value {
        case .null: "null"
        case .integer(let value): "\(value)"
        case .float(let value): "\(value)"
        case .double(let value): "\(value)"
        case .boolean(let value): "\(value)"
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .structure(let values): "{\(values.map(text).joined(separator: ","))}"
        case .list(let values): "[\(values.map(text).joined(separator: ","))]"
        }
    }
}
