internal import Bytes
package import Columns
internal import JSONFlattening

/// Rows for the events that cannot land: who they are, why, and every byte of them.
package struct QuarantineBuilder: Sendable {
    package static let schema = Schema([
        Field("_source", .string), Field("_partition", .integer), Field("_offset", .long),
        Field("_time", .timestamp), Field("reason", .string), Field("detail", .string),
        Field("body", .binary),
    ])

    private var builder = BatchBuilder(schema)
    private let source: [UInt8]

    init(source: String) { self.source = Array(source.utf8) }

    var byteCount: Int { builder.byteCount }

    /// `time` is when the log took the event, in milliseconds.
    mutating func append(
        _ body: RawSpan, partition: Int32, offset: Int64, time: Int64, _ reason: QuarantineReason
    ) {
        builder.columns[0].append(bytes: source.rawSpan)
        builder.columns[1].append(int32: partition)
        builder.columns[2].append(int64: offset)
        let (microseconds, overflow) = time.multipliedReportingOverflow(by: 1000)
        if overflow {
            builder.columns[3].appendNull()
        } else {
            builder.columns[3].append(int64: microseconds)
        }
        builder.columns[4].append(string: reason.code)
        builder.columns[5].append(string: reason.description)
        builder.columns[6].append(bytes: body)
    }

    mutating func take() -> ColumnBatch { builder.take() }
}
