internal import Columns
internal import Parquet

/// The files that make up one checkpoint.
struct CheckpointFiles: Equatable {
    let version: Int64
    /// Names in the log's directory.
    let names: [String]

    /// The complete checkpoints among the names of a log, newest first.
    static func all(in names: [String]) -> [CheckpointFiles] {
        var result: [CheckpointFiles] = []
        var parts: [String: [String]] = [:]
        for name in names {
            guard let version = LogPath.version(name.prefix(20)) else { continue }
            let pieces = name.dropFirst(20).split(separator: ".").map(String.init)
            switch pieces.count {
            case 2 where pieces == ["checkpoint", "parquet"]:
                result.append(CheckpointFiles(version: version, names: [name]))
            case 3 where pieces[0] == "checkpoint" && ["json", "parquet"].contains(pieces[2]):
                result.append(CheckpointFiles(version: version, names: [name]))
            case 4 where pieces[0] == "checkpoint" && pieces[3] == "parquet":
                parts["\(version).\(pieces[2])", default: []].append(name)
            default: break
            }
        }
        for (key, names) in parts {
            let numbers = key.split(separator: ".").compactMap { Int64($0) }
            guard numbers.count == 2, Int64(names.count) == numbers[1] else { continue }
            result.append(CheckpointFiles(version: numbers[0], names: names.sorted()))
        }
        return result.sorted { ($0.version, $0.names[0]) > ($1.version, $1.names[0]) }
    }
}

/// Turns the rows of checkpoints, whoever wrote them, into actions.
enum CheckpointReader {
    /// What an append needs.
    static let stateColumns: Set<String> = ["protocol", "metaData", "txn", "domainMetadata"]
    static let fileColumns: Set<String> = ["add", "remove", "sidecar"]

    /// The actions of the columns that are asked for; nil when the file is not there, or cannot be
    /// read as a checkpoint of `version`.
    ///
    /// WHY: a copy of ours under another version's name hides what was added in between, and
    /// nothing else would tell.
    static func actions<Storage: TableStorage>(
        of path: String, at version: Int64, in storage: Storage, columns: Set<String>
    ) async throws(StorageFault) -> [JSON]? {
        do throws(StoredParquetFault) {
            guard let file = try await StoredParquet.open(path, in: storage) else { return nil }
            if let stated = file.reader.text(of: CheckpointWriter.versionKey) {
                guard stated == String(version) else { return nil }
            }
            var result: [JSON] = []
            for group in 0..<file.reader.rowGroupCount
            where mayHave(columns, file.reader, group) {
                let batch = try await file.read(rowGroup: group, columns: columns)
                append(batch, to: &result)
            }
            return result
        } catch {
            guard case .storage(let fault) = error else { return nil }
            throw fault
        }
    }

    /// Whether a row group may have a value in one of the columns, by the counts of nulls.
    private static func mayHave(
        _ columns: Set<String>, _ reader: FileReader, _ group: Int
    ) -> Bool {
        let firsts = [
            "protocol": "minReaderVersion", "metaData": "id", "txn": "appId",
            "domainMetadata": "domain", "add": "path", "remove": "path", "sidecar": "path",
        ]
        let rowCount = reader.rowCount(inRowGroup: group)
        return reader.schema.fields.contains { field in
            guard columns.contains(field.name), let first = firsts[field.name] else { return false }
            return reader.nullCount(of: [field.name, first], inRowGroup: group) != rowCount
        }
    }

    private static func append(_ batch: ColumnBatch, to result: inout [JSON]) {
        for (field, column) in zip(batch.schema.fields, batch.columns) {
            guard column.valueCount > 0 else { continue }
            var cursor = ColumnCursor(column)
            while !cursor.isAtEnd {
                let value = json(cursor.next(), field.type)
                if value != .null { result.append(.object([JSON.Member(field.name, value)])) }
            }
        }
    }

    /// The value as the log would have written it.
    private static func json(_ value: ColumnValue, _ type: DataType) -> JSON {
        switch value {
        case .null: return .null
        case .integer(let integer): return .integer(integer)
        case .boolean(let boolean): return .bool(boolean)
        case .bytes: return value.text.map(JSON.string) ?? .null
        case .float(let float): return .number(float.description)
        case .double(let double): return .number(double.description)
        case .structure(let values):
            return .object(
                zip(type.children, values).compactMap { field, value in
                    let value = json(value, field.type)
                    return value == .null ? nil : JSON.Member(field.name, value)
                })
        case .list(let elements):
            guard case .map(_, let valueType, _) = type else {
                return .array(elements.map { json($0, type.children[0].type) })
            }
            return .object(
                elements.compactMap { entry in
                    guard let pair = entry.fields, let key = pair[0].text else { return nil }
                    return JSON.Member(key, json(pair[1], valueType))
                })
        }
    }
}
