/// What the log says of one version.
package struct HistoryEntry: Equatable, Sendable {
    package let version: Int64
    /// Milliseconds since 1970-01-01T00:00:00Z.
    package let time: Int64
    package let operation: String?
    package let engine: String?
    package let transactionID: String?
    package let isBlindAppend: Bool?
    package var addedFileCount = 0
    package var addedByteCount: Int64 = 0
    package var removedFileCount = 0
    /// How many rows the added files have; nil when one of them does not say.
    package var addedRowCount: Int64? = 0
    /// The cursors that moved.
    package var transactions: [TransactionMark] = []
    package var isMetadataChange = false
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
