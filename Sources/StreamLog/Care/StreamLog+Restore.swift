internal import DurableFiles
internal import Glibc
internal import StreamModel
internal import Synchronization

extension StreamLog {
    /// Makes a new store of a backup, after every byte of it has been compared with the manifest.
    ///
    /// The store has the id of the one that was backed up, and every next offset jumps by 2^32, so
    /// that nothing which was issued after the backup comes back with other bytes. Then all of it
    /// is verified. Nothing that is incomplete is ever found under `newPath`. `progress` is told
    /// how many bytes of how many have been copied.
    package static func restore(
        backupAt path: String, into newPath: String, clock: any LogClock = SystemClock(),
        random: any RandomNumberGenerator & Sendable,
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) async throws(CareError) -> RestoreReport {
        let (backup, manifest) = try open(backupAt: path)
        let made = try NewStore(at: newPath, suffix: ".restoring")
        var report = RestoreReport(store: manifest.store, madeAt: manifest.madeAt)
        report.byteCount = manifest.byteCount
        var done = 0
        for item in manifest.items {
            try copy(item, of: backup, to: made.directory) { count in
                done += count
                progress(done, report.byteCount)
            }
            if item.content == .other { report.tableFileCount += 1 }
        }
        report.segmentCount = manifest.items.count - report.tableFileCount
        let before = try recovered(made.directory)
        let after = try await jumped(made.directory, clock, random)
        report.feedPositions = before.positions.filter { $0.key.kind == .feed }
            .mapValues(\.offset)
        report.partitions = after.partitions(before: before)
        report.damage = try CareError.unifying {
            try verify(storeAt: made.directory.path).damage
        }
        try made.finish()
        return report
    }

    /// Reads all of a backup and compares it with its manifest. Nothing is written.
    package static func check(
        backupAt path: String, progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws(CareError) {
        let (backup, manifest) = try open(backupAt: path)
        var done = 0
        for item in manifest.items {
            let found = try CareError.unifying {
                try CheckedCopy.checksum(of: file(of: item, in: backup))
            }
            try item.require(found, in: backup)
            done += item.byteCount
            progress(done, manifest.byteCount)
        }
    }

    private static func open(
        backupAt path: String
    ) throws(CareError) -> (Directory, BackupManifest) {
        let backup = try CareError.unifying { try Directory(path) }
        guard let manifest = try Backup.manifest(in: backup) else {
            throw .backup(path: path, .incomplete)
        }
        let pageByteCount = Int(sysconf(Int32(_SC_PAGESIZE)))
        guard manifest.pageByteCount == pageByteCount else {
            throw .backup(
                path: path,
                .wrongPageSize(expected: pageByteCount, found: manifest.pageByteCount))
        }
        return (backup, manifest)
    }

    private static func file(
        of item: BackupManifest.Item, in backup: Directory
    ) throws(CareError) -> File {
        do throws(FileFault) { return try File(backup.path(of: item.name), .reading) } catch {
            guard error.isMissing else { throw CareError(error) }
            throw .backup(path: backup.path(of: item.name), .missingFile)
        }
    }

    private static func copy(
        _ item: BackupManifest.Item, of backup: Directory, to store: Directory,
        _ progress: (Int) -> Void
    ) throws(CareError) {
        let source = try file(of: item, in: backup)
        let found = try CareError.unifying { () -> (Int, UInt32) in
            switch item.content {
            case .segment(let number, _):
                let log = try LogDirectory(in: store)
                return try CheckedCopy.copy(source, to: log.path(ofSegment: number), progress)
            case .other:
                let path = store.path(of: item.name)
                // WHY: engines of other users read tables; their directories let them in.
                let place = try Directory.make(Directory.parent(of: path), for: .everybody)
                let copied = try CheckedCopy.copy(source, to: path, for: .everybody, progress)
                try place.sync()
                return copied
            }
        }
        try item.require(found, in: backup)
    }

    /// What the segments say, before anything is added to them.
    private static func recovered(_ store: Directory) throws(CareError) -> LogState {
        try CareError.unifying {
            let log = try LogDirectory(in: store)
            try log.directory.sync()
            return try Recovery(
                log, pageByteCount: Int(sysconf(Int32(_SC_PAGESIZE))), copies: .accept, now: 0
            ).state
        }
    }

    /// Opens the store, so that a segment is begun in which the offsets have jumped.
    private static func jumped(
        _ store: Directory, _ clock: any LogClock, _ random: any RandomNumberGenerator & Sendable
    ) async throws(CareError) -> LogState {
        var configuration = LogConfiguration()
        configuration.adoption = .restored
        let log: StreamLog
        do throws(OpenError) {
            log = try StreamLog(
                opening: store.path, configuration, clock: clock, random: random)
        } catch {
            throw .open(error)
        }
        let state = log.shared.view.withLock { $0.state }
        await log.close()
        return state
    }
}

extension BackupManifest.Item {
    /// Refuses what is not what was written.
    fileprivate func require(
        _ found: (byteCount: Int, checksum: UInt32), in backup: Directory
    ) throws(CareError) {
        guard found.byteCount == byteCount else {
            throw .backup(
                path: backup.path(of: name),
                .wrongLength(expected: byteCount, found: found.byteCount))
        }
        guard found.checksum == checksum else {
            throw .backup(
                path: backup.path(of: name), .checksum(expected: checksum, found: found.checksum))
        }
    }
}

extension LogState {
    fileprivate func partitions(before: LogState) -> [RestoreReport.Partition] {
        streams.sorted { $0.key < $1.key }.flatMap { incarnation, stream in
            stream.partitions.enumerated().map { index, partition in
                let id = PartitionID(incarnation, UInt32(index))
                return RestoreReport.Partition(
                    stream: stream.definition.name.text, id: id,
                    end: before.partition(id)?.end ?? 0, next: partition.end)
            }
        }
    }
}
