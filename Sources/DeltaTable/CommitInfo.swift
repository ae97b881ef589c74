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
            "txnId": .string(transactionID),
        ]
    }

    static func append(
        _ append: Append, to state: TableState, at now: Int64, _ transactionID: String
    ) -> JSON {
        var info: JSON = ["timestamp": .integer(now)]
        if state.metadata.properties["delta.enableInCommitTimestamps"] == "true" {
            // It has to grow from commit to commit, whatever the clock does.
            let time = max(now, (state.inCommitTimestamp ?? .min) + 1)
            info = ["inCommitTimestamp": .integer(time), "timestamp": .integer(time)]
        }
        info.set("operation", to: append.transactions.isEmpty ? "WRITE" : "STREAMING UPDATE")
        info.set("operationParameters", to: parameters(of: append))
        info.set("readVersion", to: .integer(state.version))
        info.set("isolationLevel", to: "WriteSerializable")
        // We have read no rows to decide what to write, so DML of others need not fail for us.
        info.set("isBlindAppend", to: .bool(true))
        let byteCount = append.files.reduce(0) { $0 + $1.byteCount }
        info.set(
            "operationMetrics",
            to: [
                "numAddedFiles": .string(String(append.files.count)),
                "numOutputBytes": .string(String(byteCount)),
            ])
        info.set("engineInfo", to: .string(engine))
        info.set("txnId", to: .string(transactionID))
        return info
    }

    private static func parameters(of append: Append) -> JSON {
        guard let mark = append.transactions.first else {
            return ["mode": "Append", "partitionBy": "[]"]
        }
        return [
            "outputMode": "Append", "queryId": .string(mark.application),
            "epochId": .string(String(mark.version)),
        ]
    }
}
