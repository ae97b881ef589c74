internal import DurableFiles
internal import Glibc

/// Brings a backup of a store up to date.
///
///     DEST/MANIFEST                       written last: what it names is complete
///     DEST/segments/<number>-<salt>.mdb   a closed segment, copied once
///     DEST/segments/<number>-<salt>-<block>.mdb   the newest one, up to that block
///     DEST/tables/…                       tables, where they were asked for
///
/// A file gets its name when all of it is durable, and goes only after a manifest that does not
/// name it. So whenever the work is interrupted, the backup of before is complete, or there is
/// none, and the next attempt finds what was copied.
package struct Backup {
    /// What has been done.
    package struct Report: Sendable, Equatable {
        /// Which store was backed up.
        package let store: StoreID
        /// Segments in the backup.
        package internal(set) var segmentCount = 0
        /// Files that were copied now, of segments and tables.
        package internal(set) var copiedCount = 0
        /// What those files hold.
        package internal(set) var copiedByteCount = 0
        /// Of everything that the backup has.
        package internal(set) var byteCount = 0
        /// Files of tables in the backup.
        package internal(set) var tableFileCount = 0
        /// What of the copied segments was not as it had been written, in the store already.
        package internal(set) var damage: [Damage] = []
    }

    /// A file of a table, as it is found and as it is called below the store's directory.
    package struct TableFile: Sendable {
        /// Where it is.
        package let path: String
        /// Relative, with `/` between its parts.
        package let name: String

        /// The file at `path`, as `name`.
        package init(path: String, name: String) {
            self.path = path
            self.name = name
        }
    }

    /// Whether the backup is complete.
    package enum Outcome: Sendable, Equatable {
        case complete(Report)
        /// Retention or a compaction has removed what was to be copied: take a new pin.
        case movedOn
    }

    private let log: LogDirectory
    private let target: Directory
    private let segments: Directory
    private let lock: StoreLock
    private let pageByteCount: Int
    private let clock: any LogClock
    private let before: BackupManifest?
    /// What is in the backup and was looked at, by name.
    private var items: [String: BackupManifest.Item] = [:]
    private var report: Report
    /// Told how many bytes have been copied.
    private let progress: (Int) -> Void

    /// `destination` is made when it is not there; a backup of another store is refused.
    package init(
        of path: String, _ pin: LogPin, to destination: String,
        clock: any LogClock = SystemClock(), progress: @escaping (Int) -> Void = { _ in }
    ) throws(CareError) {
        (log, target, segments, lock) = try CareError.unifying {
            let log = try LogDirectory(existingIn: path)
            let target = try Directory.make(destination)
            let lock = try StoreLock(target)
            return (log, target, try Directory.make(target.path(of: "segments")), lock)
        }
        before = try Self.manifest(in: target)
        if let before, before.store != pin.store {
            throw .backup(path: destination, .otherStore(before.store))
        }
        pageByteCount = Int(sysconf(Int32(_SC_PAGESIZE)))
        self.clock = clock
        self.progress = progress
        report = Report(store: pin.store)
    }

    /// Nil where there is none.
    static func manifest(in directory: Directory) throws(CareError) -> BackupManifest? {
        let path = directory.path(of: BackupManifest.fileName)
        let bytes = try CareError.unifying { () -> [UInt8]? in
            guard let status = try directory.status(of: BackupManifest.fileName) else { return nil }
            let count = min(status.byteCount, BackupManifest.byteCountMax)
            return try File(path, .reading).read(at: 0, count: count)
        }
        guard let bytes else { return nil }
        do throws(BackupProblem) { return try BackupManifest(bytes) } catch {
            throw .backup(path: path, error)
        }
    }

    // MARK: Copying

    /// Copies the closed segments that the backup does not have yet. It takes the time; what is
    /// left for `complete` is little.
    package mutating func copyClosed(of pin: LogPin) throws(CareError) {
        for number in pin.segments.dropLast() { _ = try copyClosed(number) }
    }

    /// Makes the backup one of exactly this pin, with these files of tables.
    package mutating func complete(
        _ pin: LogPin, tables: [TableFile] = []
    ) throws(CareError) -> Outcome {
        var all: [BackupManifest.Item] = []
        for number in pin.segments.dropLast() {
            guard let item = try copyClosed(number) else { return .movedOn }
            all.append(item)
        }
        guard let newest = pin.segments.last, let item = try copyNewest(newest, pin) else {
            return .movedOn
        }
        all.append(item)
        for file in tables {
            guard let item = try copy(file) else { return .movedOn }
            all.append(item)
        }
        report.segmentCount = pin.segments.count
        report.tableFileCount = tables.count
        let manifest = BackupManifest(
            store: pin.store, pageByteCount: pageByteCount, madeAt: clock.read().wall,
            newestSegment: newest, lastBlock: pin.lastBlock, items: all)
        report.byteCount = manifest.byteCount
        try finish(manifest)
        return .complete(report)
    }

    /// Nil when the segment is not there any more.
    private mutating func copyClosed(_ number: UInt64) throws(CareError) -> BackupManifest.Item? {
        guard let (file, salt) = try source(number) else { return nil }
        let name = "segments/\(LogDirectory.digits(number))-\(hex(salt)).mdb"
        if let known = items[name] { return known }
        let content = BackupManifest.Item.Content.segment(number, salt: salt)
        if let item = try reused(name, content, file) { return keep(item) }
        let progress = progress
        let item = try make(name, content) { path in
            try CheckedCopy.copy(file, to: path, progress)
        }
        return keep(item)
    }

    /// The segment's file and its salt; 0 where the header is broken.
    private func source(_ number: UInt64) throws(CareError) -> (File, salt: UInt64)? {
        do throws(FileFault) {
            let file = try log.openSegment(number)
            return (
                file, try SegmentFile.header(in: file, pageByteCount: pageByteCount)?.salt ?? 0
            )
        } catch {
            if error.isMissing { return nil }
            throw CareError(error)
        }
    }

    private mutating func copyNewest(
        _ number: UInt64, _ pin: LogPin
    ) throws(CareError) -> BackupManifest.Item? {
        guard let (file, _) = try source(number) else { return nil }
        let (pages, path) = (pageByteCount, log.path(ofSegment: number))
        let pinned = try CareError.unifying {
            try PinnedSegment(
                file, pageByteCount: pages, upTo: BlockNumber(rawValue: pin.lastBlock))
        }
        guard let pinned else { throw .open(.beyondRecovery(path: path, .header)) }
        let name =
            "segments/\(LogDirectory.digits(number))-\(hex(pinned.salt))-\(hex(pin.lastBlock)).mdb"
        let content = BackupManifest.Item.Content.segment(number, salt: pinned.salt)
        if let known = before?.items.first(where: { $0.name == name }), try isThere(known) {
            return keep(known)
        }
        let progress = progress
        return keep(
            try make(name, content) { path in
                try pinned.write(to: path, progress)
                let file = try File(path, .writing)
                try file.sync()
                return try CheckedCopy.checksum(of: file)
            })
    }

    private mutating func copy(_ file: TableFile) throws(CareError) -> BackupManifest.Item? {
        guard BackupManifest.isBelow(file.name) else { return nil }
        let source: File
        do throws(FileFault) { source = try File(file.path, .reading) } catch {
            if error.isMissing { return nil }
            throw CareError(error)
        }
        if let item = try reused(file.name, .other, source) { return keep(item) }
        let (target, progress) = (target, progress)
        return keep(
            try make(file.name, .other) { path in
                _ = try Directory.make(Directory.parent(of: target.path(of: file.name)))
                return try CheckedCopy.copy(source, to: path, progress)
            })
    }

    private mutating func keep(_ item: BackupManifest.Item) -> BackupManifest.Item {
        items[item.name] = item
        return item
    }

    /// What the backup has already of a file that never changes: a file that its manifest names, or
    /// one that an interrupted attempt left, if it holds the same.
    private func reused(
        _ name: String, _ content: BackupManifest.Item.Content, _ source: File
    ) throws(CareError) -> BackupManifest.Item? {
        let known = before?.items.first { $0.name == name }
        // Without its header nobody knows whether it is the same segment.
        if case .segment(_, salt: 0) = content { return nil }
        let target = target
        return try CareError.unifying {
            let byteCount = try source.status().byteCount
            guard let held = try target.status(of: name), held.byteCount == byteCount else {
                return nil
            }
            if let known, known.byteCount == byteCount { return known }
            let copy = try CheckedCopy.checksum(of: File(target.path(of: name), .reading))
            guard try CheckedCopy.checksum(of: source) == copy else { return nil }
            return BackupManifest.Item(
                content: content, name: name, byteCount: byteCount, checksum: copy.checksum)
        }
    }

    private func isThere(_ item: BackupManifest.Item) throws(CareError) -> Bool {
        do throws(FileFault) {
            return try target.status(of: item.name)?.byteCount == item.byteCount
        } catch {
            throw CareError(error)
        }
    }

    /// Writes a file under another name, looks for damage in it, and gives it its own name.
    private mutating func make(
        _ name: String, _ content: BackupManifest.Item.Content,
        _ write: (String) throws -> (byteCount: Int, checksum: UInt32)
    ) throws(CareError) -> BackupManifest.Item {
        let (target, pages) = (target, pageByteCount)
        let temporary = segments.path(of: "copy.tmp")
        let (item, damage) = try CareError.unifying { [segments] in
            try segments.remove("copy.tmp")
            do {
                let held = try write(temporary)
                var damage: [Damage] = []
                if case .segment(let number, _) = content {
                    damage = try CheckedCopy.damage(
                        in: File(temporary, .reading), number, pageByteCount: pages)
                }
                try target.move(from: segments, "copy.tmp", to: name)
                return (
                    BackupManifest.Item(
                        content: content, name: name, byteCount: held.byteCount,
                        checksum: held.checksum), damage
                )
            } catch {
                // WHY: a full disk would stay fuller with each attempt.
                try? segments.remove("copy.tmp")
                throw error
            }
        }
        report.copiedCount += 1
        report.copiedByteCount += item.byteCount
        report.damage += damage.map { $0.moved(to: target.path(of: name)) }
        return item
    }

    // MARK: The end

    private func finish(_ manifest: BackupManifest) throws(CareError) {
        let named = Set(manifest.items.map(\.name))
        try CareError.unifying { [target] in
            try target.replace(BackupManifest.fileName, with: manifest.encode())
            try Self.removeAll(below: target, "segments", but: named)
            try Self.removeAll(below: target, "tables", but: named)
        }
    }

    /// Removes the files that no manifest names any more.
    private static func removeAll(
        below root: Directory, _ place: String, but named: Set<String>
    ) throws(FileFault) {
        guard let status = try root.status(of: place), status.isDirectory else { return }
        let directory = try Directory(root.path(of: place))
        for name in try directory.names() {
            let path = place + "/" + name
            if try directory.ownStatus(of: name)?.isDirectory ?? false {
                try removeAll(below: root, path, but: named)
            } else if !named.contains(path) {
                try directory.remove(name)
            }
        }
        try directory.sync()
    }

    private func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension Damage {
    /// The same in a file that has another name now.
    fileprivate func moved(to path: String) -> Damage {
        Damage(
            segment: segment, path: path, block: block.map { BlockNumber(rawValue: $0) },
            batch: batch, detail)
    }
}
