internal import Bytes
package import Columns
internal import JSONFlattening

/// Rows for the events that cannot land: who they are, why, and every byte of them.
package struct QuarantineBuilder: Sendable {
    /// The columns of every quarantine, whatever the mapping. `body` has the bytes as they came.
    package static let schema = Schema([
        Field("_source", .string), Field("_partition", .integer), Field("_offset", .long),
        Field("_time", .timestamp), Field("reason", .string), Field("detail", .string),
        Field("body", .binary),
    ])

    private var builder = BatchBuilder(schema)
    private let source: String

    init(source: String) { self.source = source }

    var byteCount: Int { builder.byteCount }

    /// `time` is when the log took the event, in milliseconds.
    mutating func append(
        _ body: RawSpan, partition: Int32, offset: Int64, time: Int64, _ reason: QuarantineReason
    ) {
        builder[0].append(string: source)
        builder[1].append(int32: partition)
        builder[2].append(int64: offset)
        let (microseconds, overflow) = time.multipliedReportingOverflow(by: 1000)
        if !overflow { builder[3].append(int64: microseconds) }
        builder[4].append(string: reason.code)
        builder[5].append(string: reason.description)
        builder[6].append(bytes: body)
        builder.endRow()
    }

    mutating func take() -> ColumnBatch { builder.take() }
}
