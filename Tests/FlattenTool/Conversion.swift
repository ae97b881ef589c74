import Bytes
import Columns
import Foundation
import JSONFlattening
import Parquet

/// Makes Parquet files of an NDJSON file, one for each table, as a materializer would.
struct Conversion {
    private let input: NDJSON
    private var growth: SchemaGrowth

    init(of path: String, mapping: Mapping) throws {
        input = try NDJSON(path)
        growth = SchemaGrowth(mapping)
    }

    /// Writes `parent.parquet`, a file for each child table, and which columns were inferred.
    mutating func write(to directory: String) throws {
        var rows = flatten()
        if growth.grow(with: rows.discoveries) != nil { rows = flatten() }
        for (table, batch) in zip(growth.tables, rows.batches) {
            var writer = FileWriter(batch.schema, to: [UInt8]())
            writer.append(batch)
            let file = writer.finish()
            let name = table.name.isEmpty ? "parent" : table.name
            let url = URL(fileURLWithPath: directory).appending(path: "\(name).parquet")
            try Data(file.sink).write(to: url)
        }
        try Data(growth.record.encoded).write(
            to: URL(fileURLWithPath: directory).appending(path: "columns.json"))
        print(
            "landed \(rows.events.landed) with-rescues \(rows.events.withRescues)",
            "quarantined \(rows.events.quarantined)")
    }

    private func flatten() -> FlattenedRows {
        var flattener = Flattener(FlattenPlan(growth), source: "store:1")
        for (offset, line) in input.lines.enumerated() {
            _ = flattener.flatten(
                line, of: input.bytes.rawSpan, partition: 0, offset: Int64(offset))
        }
        return flattener.take()
    }
}
