internal import Bytes

/// The `commitInfo` of our commits. Spark reads these members as of fixed types (contract, 3.6).
enum CommitInfo {
    private static let engine = "Millrace/0.1.0"

    static func create(
        _ definition: TableDefinition, at now: Int64, _ transactionID: String
    ) -> JSON {
        [
            "timestamp": .integer(now), "operation": "CREATE TABLE",
            "operationParameters": [
                "partitionBy": .string(
                    JSON.array(definition.partitionColumns.map(JSON.string)).encodedText)
            ],
            "isolationLevel": "Serializable", "isBlindAppend": .bool(true),
            "operationMetrics": [:], "engineInfo": .string(engine),
            "txnId": .string(transactionID), Seal.name: .string(Seal.blank),
        ]
    }

    static func json(
        of change: Change, removing removed: [AddFile], _ state: TableState, at now: Int64,
        _ transactionID: String
    ) -> JSON {
        var info = times(state, at: now)
        switch change {
        case .append(let append): add(append, to: &info)
        case .edit(let edit): add(edit, removing: removed, to: &info)
        }
        info.set("readVersion", to: .integer(state.version))
        info.set("engineInfo", to: .string(engine))
        info.set("txnId", to: .string(transactionID))
        info.set(Seal.name, to: .string(Seal.blank))
        return info
    }

    private static func times(_ state: TableState, at now: Int64) -> JSON {
        guard state.metadata.properties["delta.enableInCommitTimestamps"] == "true" else {
            return ["timestamp": .integer(now)]
        }
        // It has to grow from commit to commit, whatever the clock does.
        let time = max(now, (state.inCommitTimestamp ?? .min) &+ 1)
        return ["inCommitTimestamp": .integer(time), "timestamp": .integer(time)]
    }

    private static func add(_ append: Append, to info: inout JSON) {
        info.set("operation", to: append.transactions.isEmpty ? "WRITE" : "STREAMING UPDATE")
        info.set("operationParameters", to: parameters(of: append))
        info.set("isolationLevel", to: "WriteSerializable")
        // We have read no rows to decide what to write, so DML of others need not fail for us.
        info.set("isBlindAppend", to: .bool(true))
        info.set(
            "operationMetrics",
            to: [
                "numAddedFiles": .text(append.files.count),
                "numOutputRows": .text(append.files.reduce(0) { $0 + ($1.rowCount ?? 0) }),
                "numOutputBytes": .text(append.files.reduce(0) { $0 + $1.byteCount }),
            ])
        for member in append.info { info.set(member.name, to: member.value) }
    }

    private static func add(_ edit: Edit, removing removed: [AddFile], to info: inout JSON) {
        switch edit.operation {
        case .optimize:
            info.set("operation", to: "OPTIMIZE")
            info.set(
                "operationParameters",
                to: ["predicate": "[]", "zOrderBy": "[]", "auto": "false"])
        case .delete:
            info.set("operation", to: "DELETE")
            info.set("operationParameters", to: ["predicate": "[]"])
        case .replace:
            info.set("operation", to: "WRITE")
            info.set("operationParameters", to: ["mode": "Overwrite", "partitionBy": "[]"])
        }
        info.set("isolationLevel", to: "Serializable")
        info.set("isBlindAppend", to: .bool(false))
        info.set(
            "operationMetrics",
            to: [
                "numRemovedFiles": .text(removed.count), "numAddedFiles": .text(edit.added.count),
                "numRemovedBytes": .text(removed.reduce(0) { $0 + $1.byteCount }),
                "numAddedBytes": .text(edit.added.reduce(0) { $0 + $1.byteCount }),
            ])
        for member in edit.info { info.set(member.name, to: member.value) }
    }

    private static func parameters(of append: Append) -> JSON {
        guard let mark = append.transactions.first else {
            return ["mode": "Append", "partitionBy": "[]"]
        }
        return [
            "outputMode": "Append", "queryId": .string(mark.application),
            "epochId": .text(mark.version),
        ]
    }
}

extension JSON {
    /// A number as text, as Spark has it in metrics and parameters.
    static func text(_ number: some FixedWidthInteger) -> JSON { .string(String(number)) }
}
