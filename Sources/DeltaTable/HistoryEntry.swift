/// What the log says of one version.
package struct HistoryEntry: Equatable, Sendable {
    /// The version that the commit made; 0 is the table's creation.
    package let version: Int64
    /// Milliseconds since 1970-01-01T00:00:00Z.
    package let time: Int64
    /// `WRITE`, `OPTIMIZE` and so on: each engine has its own words. Nil when the commit is silent.
    package let operation: String?
    /// Who says to have written it (`engineInfo`).
    package let engine: String?
    /// What tells the commit from another at its version (`txnId`).
    package let transactionID: String?
    /// Whether its writer looked at no rows of the table.
    package let isBlindAppend: Bool?
    /// Files of `add` actions, whether their rows are new or moved.
    package var addedFileCount = 0
    /// By the log's word, with wrap-around should the log lie.
    package var addedByteCount: Int64 = 0
    /// Files of `remove` actions.
    package var removedFileCount = 0
    /// How many rows the added files have; nil when one of them does not say.
    package var addedRowCount: Int64? = 0
    /// The cursors that moved.
    package var transactions: [TransactionMark] = []
    /// Whether it changed schema, partitioning or properties.
    package var isMetadataChange = false
    /// Whether it changed what readers and writers have to know.
    package var isProtocolChange = false

    init(version: Int64, time: Int64, _ actions: [Action]) {
        var info: JSON = [:]
        for case .commitInfo(let found) in actions { info = found }
        self.version = version
        self.time = info["inCommitTimestamp"]?.integer ?? info["timestamp"]?.integer ?? time
        operation = info["operation"]?.text
        engine = info["engineInfo"]?.text
        transactionID = info["txnId"]?.text
        isBlindAppend = info["isBlindAppend"]?.bool
        for action in actions {
            switch action {
            case .add(let file):
                addedFileCount += 1
                addedByteCount = addedByteCount &+ file.byteCount
                if let sum = addedRowCount, let more = file.rowCount {
                    addedRowCount = sum &+ more
                } else {
                    addedRowCount = nil
                }
            case .remove: removedFileCount += 1
            case .transaction(let mark): transactions.append(mark)
            case .metadata: isMetadataChange = true
            case .proto: isProtocolChange = true
            case .commitInfo, .domain, .other: break
            }
        }
    }
}

extension Table {
    /// The newest `limit` versions whose commits are still there, newest first.
    package static func history(
        in storage: Storage, limit: Int = .max
    ) async throws(TableError) -> [HistoryEntry] {
        let log = LogReader(storage: storage)
        var entries: [HistoryEntry] = []
        for version in try await log.commitVersions().reversed().prefix(limit) {
            let status: ObjectStatus?
            do { status = try await storage.status(of: LogPath.commit(version)) } catch {
                throw .storage(error)
            }
            guard let status, let actions = try await log.commitIfPresent(version) else { continue }
            entries.append(
                HistoryEntry(version: version, time: status.modificationTime, actions))
        }
        return entries
    }
}
