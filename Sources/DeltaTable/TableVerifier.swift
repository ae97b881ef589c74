internal import Columns
internal import Parquet

/// What reading everything of a table found.
package struct TableReport: Equatable, Sendable {
    /// Something of the table that is not what its log says.
    package struct Damage: Equatable, Sendable {
        /// Below the table's root.
        package let path: String
        /// What is wrong, as a clause.
        package let text: String
    }

    /// Of the newest version; nil when the log does not tell it.
    package internal(set) var version: Int64?
    /// Live data files.
    package internal(set) var fileCount = 0
    /// Rows in them.
    package internal(set) var rowCount: Int64 = 0
    /// What they take, in bytes.
    package internal(set) var byteCount: Int64 = 0
    /// In the order in which it was found: the log first, then the files by path.
    package internal(set) var damage: [Damage] = []

    fileprivate mutating func note(_ path: String, _ text: String) {
        damage.append(Damage(path: path, text: text))
    }
}

/// How closely the files of a table are looked at.
package enum TableDepth: Sendable, Equatable {
    /// Every byte is held against a checksum. Files whose writer left none of its own over all of
    /// the file, as ours does, are decoded: their pages may have some.
    case checksums
    /// Every file is decoded, and its values are held against the bounds that the log states.
    case values
}

/// Reads a table's log and every byte of its live files, and compares them with each other: sizes,
/// checksums, numbers of rows, and in files that are decoded the bounds that engines skip files by.
///
/// It changes nothing, and may run beside the table's writers: what a compaction removes meanwhile
/// is looked for in the newer version.
package struct TableVerifier<Storage: TableStorage>: Sendable {
    private let storage: Storage
    private let depth: TableDepth
    /// Told how many bytes of files have been read, and how many there are.
    private let progress: @Sendable (Int64, Int64) -> Void

    /// How many files are read at once.
    private static var fileCountMax: Int { 2 }

    /// A verifier of the table in `storage`.
    package init(
        _ storage: Storage, _ depth: TableDepth = .checksums,
        progress: @escaping @Sendable (Int64, Int64) -> Void = { _, _ in }
    ) {
        self.storage = storage
        self.depth = depth
        self.progress = progress
    }

    /// Everything that is wrong. Throws only where the storage itself fails.
    package func run() async throws(StorageFault) -> TableReport {
        var report = TableReport()
        let snapshot: TableSnapshot
        do throws(TableError) {
            try await verifyLog(&report)
            snapshot = try await TableSnapshot(newestIn: storage)
        } catch {
            if case .storage(let fault) = error { throw fault }
            report.note(LogPath.directory, error.description)
            return report
        }
        report.version = snapshot.version
        for found in await files(of: snapshot) {
            report.fileCount += 1
            report.rowCount += found.rowCount
            report.byteCount += found.file.byteCount
            if let text = found.damage { report.note(found.file.path, text) }
        }
        return report
    }

    // MARK: The log

    /// Every commit and checkpoint that is there, also those that the newest version does not need.
    private func verifyLog(_ report: inout TableReport) async throws(TableError) {
        let reader = LogReader(storage: storage)
        let names = try await reader.names()
        for version in names.compactMap(LogPath.commitVersion) {
            do throws(TableError) { _ = try await reader.commitIfPresent(version) } catch {
                if case .storage = error { throw error }
                report.note(LogPath.commit(version), error.description)
            }
        }
        for checkpoint in CheckpointFiles.all(in: names) {
            let path = LogPath.directory + "/" + (checkpoint.names.first ?? "")
            guard try await reader.canRead(checkpoint) else {
                report.note(path, "the checkpoint is unreadable")
                continue
            }
            for name in checkpoint.names where name.hasSuffix(".parquet") {
                let path = LogPath.directory + "/" + name
                do throws(StoredParquetFault) {
                    _ = try await StoredParquet.open(path, in: storage)?.hasWholeBody()
                } catch {
                    if case .storage(let fault) = error { throw .storage(fault) }
                    report.note(path, "\(error.error(of: name))")
                }
            }
        }
    }

    // MARK: Files

    private struct Found: Sendable {
        let file: AddFile
        let rowCount: Int64
        /// What is wrong, if anything is.
        let damage: String?
    }

    /// In the order of their paths.
    private func files(of snapshot: TableSnapshot) async -> [Found] {
        let files = snapshot.liveFiles
        let byteCount = files.reduce(0) { $0 &+ $1.byteCount }
        return await withTaskGroup(of: (place: Int, found: Found).self) { group in
            var (next, found) = (0, [Found?](repeating: nil, count: files.count))
            var done: Int64 = 0
            func begin() {
                guard next < files.count else { return }
                let place = next
                next += 1
                group.addTask { (place, await look(at: files[place], of: snapshot)) }
            }
            for _ in 0..<Self.fileCountMax { begin() }
            while let one = await group.next() {
                found[one.place] = one.found
                done &+= one.found.file.byteCount
                progress(done, byteCount)
                begin()
            }
            return found.compactMap(\.self)
        }
    }

    private func look(at file: AddFile, of snapshot: TableSnapshot) async -> Found {
        var rowCount: Int64 = 0
        do throws(TableError) {
            rowCount = try await read(file, of: snapshot)
            return Found(file: file, rowCount: rowCount, damage: nil)
        } catch {
            if await !isStillLive(file) { return Found(file: file, rowCount: 0, damage: nil) }
            return Found(file: file, rowCount: rowCount, damage: error.description)
        }
    }

    /// Whether the newest version still has a file: a compaction may have removed it meanwhile.
    private func isStillLive(_ file: AddFile) async -> Bool {
        guard let newest = try? await TableSnapshot(newestIn: storage) else { return true }
        return newest.liveFiles.contains { $0.key == file.key }
    }

    private func read(
        _ file: AddFile, of snapshot: TableSnapshot
    ) async throws(TableError) -> Int64 {
        let path = PathEncoding.decoded(file.path)
        let status: ObjectStatus?
        do throws(StorageFault) { status = try await storage.status(of: path) } catch {
            throw .storage(error)
        }
        guard let status else { throw .dataFile(path, .missing) }
        guard status.byteCount == file.byteCount else {
            throw .dataFile(path, .otherSize(status.byteCount, logged: file.byteCount))
        }
        var found = try await sealedRowCount(file, path)
        if found == nil { found = try await decodedRowCount(file, path, snapshot) }
        let rowCount = found ?? 0
        if let logged = file.liveRowCount, logged != rowCount {
            throw .dataFile(path, .otherRowCount(rowCount, logged: logged))
        }
        return rowCount
    }

    /// How many rows a file says to have that is as our writer left it; nil where it has to be
    /// decoded to be known.
    private func sealedRowCount(
        _ file: AddFile, _ path: String
    ) async throws(TableError) -> Int64? {
        do throws(StoredParquetFault) {
            guard let parquet = try await StoredParquet.open(path, in: storage) else {
                throw .unreadable(.notParquet)
            }
            let isWhole = try await parquet.hasWholeBody()
            // Nothing but decoding says whether a deletion vector fits.
            guard isWhole, depth == .checksums, file.deletionVector == nil else { return nil }
            return parquet.reader.rowCount
        } catch {
            throw error.error(of: path)
        }
    }

    private func decodedRowCount(
        _ file: AddFile, _ path: String, _ snapshot: TableSnapshot
    ) async throws(TableError) -> Int64 {
        let bounds = StatedBounds(file.statisticsJSON, snapshot.schema)
        var rows = snapshot.rows(in: storage, of: [file])
        var rowCount: Int64 = 0
        while let batch = try await rows.next() {
            rowCount += Int64(batch.rowCount)
            if let column = bounds.violated(by: batch) {
                throw .dataFile(path, .outOfBounds(column: column))
            }
        }
        return rowCount
    }
}
