internal import DurableFiles
internal import Glibc

extension StreamLog {
    /// Writes a new store with everything of a broken one that still verifies, and gap records for
    /// the rest.
    ///
    /// Nothing is believed of the old store but what its checksums prove, and nothing in it is
    /// changed. The new store has its id; every next offset jumps by 2^32, so that none is issued
    /// twice. Events keep their offsets. Space: what is kept, once.
    package static func salvage(
        storeAt path: String, into newPath: String, clock: any LogClock = SystemClock(),
        random: any RandomNumberGenerator, progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws(CareError) -> SalvageReport {
        let lock = try keepingOwnersAway(path)
        defer { withExtendedLifetime(lock) {} }
        let made = try NewStore(at: newPath, suffix: ".salvaging")
        return try CareError.unifying {
            let scratch = try Directory.make(made.directory.path(of: "rescued"))
            let source = try SalvageSource(
                segmentDirectory(of: path), scratch: scratch,
                pageByteCount: Int(sysconf(Int32(_SC_PAGESIZE))))
            let salvage = Salvage(
                source, into: try LogDirectory(in: made.directory), time: clock.read(),
                random: random)
            guard let report = try salvage.run(progress: progress) else {
                throw CareError.nothingLeft(path: path)
            }
            try scratch.removeAll()
            try made.directory.removeDirectory("rescued")
            try made.finish()
            return report
        }
    }

    /// The directory of a store's segments, or that directory itself.
    private static func segmentDirectory(of path: String) throws(FileFault) -> Directory {
        if let log = try? LogDirectory(existingIn: path) { return log.directory }
        return try Directory(path)
    }

    /// Makes sure that a store has no owner, without writing to it. Nil where it has no lock file:
    /// then nobody has it.
    static func keepingOwnersAway(_ path: String) throws(CareError) -> StoreLock? {
        try CareError.unifying {
            let store = try Directory(path)
            guard try store.status(of: "LOCK") != nil else { return nil }
            return try StoreLock(reading: store)
        }
    }
}
