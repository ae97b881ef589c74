import Columns
import DeltaTable
import Foundation
import Parquet

/// One event of the NAB telemetry, as its lines of JSON have it.
private struct TelemetryEvent: Decodable {
    struct Site: Decodable {
        let group: String
        let region: String?
    }

    struct Quality: Decodable {
        let score: Double
        let good: Bool
    }

    struct Reading: Decodable {
        let value: Double
        let quality: Quality
    }

    let deviceId: String
    let seq: Int64
    let enqueuedAt: String
    let site: Site
    let reading: Reading
}

/// Flattens lines of telemetry to a table, several times over.
struct Telemetry {
    private static let schema = Schema([
        Field("enqueuedAt", .timestamp), Field("deviceId", .string), Field("seq", .long),
        Field("site_group", .string), Field("site_region", .string),
        Field("reading_value", .double), Field("reading_quality_score", .double),
        Field("reading_quality_good", .boolean),
    ])

    private static let rowsPerFile = 500_000

    /// The table at `commands.root` gets the lines of `file`, `repeats` times.
    static func write(_ file: String, repeats: Int, _ commands: TableCommands) async throws {
        let text = try Data(contentsOf: URL(fileURLWithPath: file))
        let decoder = JSONDecoder()
        let events = try text.split(separator: 0x0A).map {
            try decoder.decode(TelemetryEvent.self, from: $0)
        }
        var table = try await Table.create(
            in: commands.storage, TableDefinition(schema: schema), commands.surroundings)
        var builder = BatchBuilder(schema)
        for _ in 0..<repeats {
            for event in events {
                try append(event, to: &builder)
                if builder.rowCount == rowsPerFile { try await commit(&builder, to: &table) }
            }
        }
        try await commit(&builder, to: &table)
        print("version \(table.version)")
    }

    private static func append(
        _ event: TelemetryEvent, to builder: inout BatchBuilder
    ) throws {
        guard let milliseconds = CalendarText.instant(event.enqueuedAt) else {
            throw CocoaError(.formatting)
        }
        builder[0].append(int64: milliseconds * 1000)
        builder[1].append(string: event.deviceId)
        builder[2].append(int64: event.seq)
        builder[3].append(string: event.site.group)
        if let region = event.site.region { builder[4].append(string: region) }
        builder[5].append(double: event.reading.value)
        builder[6].append(double: event.reading.quality.score)
        builder[7].append(bit: event.reading.quality.good)
        builder.endRow()
    }

    private static func commit(
        _ builder: inout BatchBuilder, to table: inout Table<LocalStorage>
    ) async throws {
        guard builder.rowCount > 0 else { return }
        var file = try await table.dataFile()
        try await file.append(builder.take())
        let added = try await file.finish()
        _ = try await table.commit(Append(files: [added], schema: schema))
    }
}
