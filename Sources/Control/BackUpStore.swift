package import StreamLog

/// Brings the backup of a store up to date, while its owner, if it has one, goes on appending.
///
/// `tables` says which files of tables belong to it; they are asked for after the log's end has
/// been pinned, so that a table in the backup is never older than the log remembers it. `progress`
/// is told how many bytes have been copied.
package func backUpStore(
    at path: String, to destination: String, tables: () async -> [Backup.TableFile],
    progress: @escaping (Int) -> Void = { _ in }
) async throws(AccessError) -> Backup.Report {
    guard StoreDoor.hasStore(at: path) else { throw .noStore(path: path) }
    let first = try await pinStore(at: path)
    var backup: Backup
    do throws(CareError) {
        backup = try Backup(of: path, first, to: destination, progress: progress)
        try backup.copyClosed(of: first)
    } catch {
        throw .care(error)
    }
    for _ in 0..<pinCountMax {
        let pin = try await pinStore(at: path)
        let files = await tables()
        do throws(CareError) {
            if case .complete(let report) = try backup.complete(pin, tables: files) {
                return report
            }
        } catch {
            throw .care(error)
        }
    }
    throw .refused(
        Refusal(.busy, "files are removed faster than they are copied: use a faster destination"))
}

/// So often what is to be copied may be removed meanwhile.
private let pinCountMax = 100

private func pinStore(at path: String) async throws(AccessError) -> LogPin {
    do throws(CareError) {
        return try StreamLog.pin(storeAt: path)
    } catch {
        guard case .open(.inUse(_, let processID)) = error else { throw .care(error) }
        return try await askOwner(of: path, processID) { client throws(AccessError) in
            try await client.pin()
        }
    }
}
