internal import Bytes
internal import Columns
internal import Parquet

/// Writes the state of a table as a classic checkpoint.
enum CheckpointWriter {
    /// Few enough rows that a row group stays small beside the table's own files.
    private static let rowGroupRowCount = 100_000
    /// In the footer's key-value pairs: the version, in decimal digits.
    static let versionKey = "millrace.delta.version"

    /// The checkpoint's bytes, and how many actions it holds.
    ///
    /// What an append needs comes first, in a row group of its own, so that opening a table reads
    /// no further. Removed files are kept from `retainedSince` on, for whoever vacuums.
    static func encode(
        _ state: TableState, _ files: FileSet, retainedSince: Int64
    ) -> (bytes: [UInt8], actionCount: Int) {
        var options = WriterOptions()
        options.keyValues = [(versionKey, String(state.version))]
        options.codec = .snappy  // The one that every reader of checkpoints has had from the start.
        var file = FileWriter(CheckpointSchema.schema, to: [UInt8](), options: options)
        var actionCount = 0

        var builder = BatchBuilder(CheckpointSchema.schema)
        for action in state.actions { append(action, to: &builder) }
        actionCount += builder.rowCount
        file.append(builder.take())
        let removed = files.removed.values.filter { ($0.deletionTimestamp ?? 0) >= retainedSince }
        let others =
            files.live.values.sorted { $0.path < $1.path }.map(Action.add)
            + removed.sorted { $0.path < $1.path }.map(Action.remove)
        for action in others {
            append(action, to: &builder)
            if builder.rowCount == rowGroupRowCount {
                actionCount += builder.rowCount
                file.append(builder.take())
            }
        }
        actionCount += builder.rowCount
        file.append(builder.take())
        return (file.finish().sink, actionCount)
    }

    private static func append(_ action: Action, to builder: inout BatchBuilder) {
        guard let member = action.json.members?.first else { return }
        for (index, field) in builder.schema.fields.enumerated() {
            append(
                field.name == member.name ? member.value : .null, field,
                to: &builder[index])
        }
        builder.endRow()
    }

    /// Appends the value that the log writes as `json`.
    private static func append(_ json: JSON, _ field: Field, to column: inout ColumnBuilder) {
        guard json != .null else {
            if field.isNullable { return column.appendNull() }
            return appendNothing(field, to: &column)
        }
        switch field.type {
        case .string: column.append(string: json.text ?? "")
        case .long: column.append(int64: json.integer ?? 0)
        case .integer: column.append(int32: Int32(clamping: json.integer ?? 0))
        case .boolean: column.append(bit: json.bool ?? false)
        case .structure(let fields):
            column.appendGroup { below in
                for (index, child) in fields.enumerated() {
                    append(json[child.name] ?? .null, child, to: &below[index])
                }
            }
        case .array(let element, _):
            column.appendGroup { below in
                for value in json.elements ?? [] {
                    append(value, Field("element", element), to: &below[0])
                }
            }
        case .map:
            column.appendGroup { below in
                for member in json.members ?? [] {
                    below[0].append(string: member.name)
                    append(member.value, Field("value", .string), to: &below[1])
                }
            }
        default: preconditionFailure("a checkpoint has no column of \(field.type)")
        }
    }

    /// An empty value where the log left out what a checkpoint has to have.
    private static func appendNothing(_ field: Field, to column: inout ColumnBuilder) {
        switch field.type {
        case .string: append(.string(""), field, to: &column)
        case .long, .integer: append(.number("0"), field, to: &column)
        case .boolean: append(.bool(false), field, to: &column)
        case .array: append(.array([]), field, to: &column)
        default: append(.object([]), field, to: &column)
        }
    }
}

extension TableState {
    /// What has to be said of the table beside its files.
    fileprivate var actions: [Action] {
        [.proto(proto), .metadata(metadata)]
            + transactions.values.sorted { $0.application < $1.application }.map(Action.transaction)
            + domains.values.sorted { $0.domain < $1.domain }.map(Action.domain)
    }
}
