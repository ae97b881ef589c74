internal import DurableFiles
internal import Glibc
internal import Synchronization

extension LogWriter {
    /// What a log is opened with.
    struct Surroundings {
        let store: Directory
        let configuration: LogConfiguration
        let clock: any LogClock
        var random: any RandomNumberGenerator
    }

    /// Opens the log of a store whose lock is held: folds what is there, and begins a new segment,
    /// so that no file that another process wrote is ever written again.
    static func open(_ surroundings: consuming Surroundings) throws(OpenError) -> LogWriter {
        let store = surroundings.store
        let configuration = surroundings.configuration
        let layout = LogLayout(
            configuration, volumeByteCount: try usableVolume(of: store).byteCount)
        let log = try prepare(store)
        let time = surroundings.clock.read()
        let recovery = try Recovery(
            log, pageByteCount: Int(sysconf(Int32(_SC_PAGESIZE))),
            copies: configuration.adoption == .none ? .refuseCopies : .accept, now: time.wall)
        let identity = recovery.adopted(configuration.adoption, now: time.wall) {
            StoreID(
                high: .random(in: 0 ... .max, using: &surroundings.random),
                low: .random(in: 0 ... .max, using: &surroundings.random))
        }
        let keeper = AgeKeeper(
            after: identity.state.clock, in: identity.state.clockEpochs)
        do throws(StorageFault) {
            let origin = SegmentWriter.Origin(
                store: identity.store, segment: recovery.nextSegment,
                salt: .random(in: 0 ... .max, using: &surroundings.random),
                layout: layout, bootID: time.bootID, state: identity.state)
            let first: SegmentWriter
            do throws(StorageFault) { first = try SegmentWriter(origin, in: log) } catch {
                // As at a roll: a new file, once.
                first = try SegmentWriter(origin, in: log)
            }
            let shared = try share(first, identity, recovery, layout, surroundings, log)
            return LogWriter(
                shared,
                Start(
                    layout: layout, configuration: configuration, clock: surroundings.clock,
                    keeper: keeper, segment: first, random: surroundings.random))
        } catch {
            throw .storage(error)
        }
    }

    /// The volume of a store, if a log can be kept on it.
    static func usableVolume(of store: Directory) throws(OpenError) -> Volume {
        let volume: Volume
        do { volume = try Volume(holding: store.path) } catch { throw OpenError(error) }
        if volume.isReadOnly { throw .readOnlyVolume(path: store.path) }
        if let kind = volume.unsafeKind { throw .unsafeVolume(path: store.path, kind: kind) }
        return volume
    }

    private static func prepare(_ store: Directory) throws(OpenError) -> LogDirectory {
        do throws(FileFault) {
            let log = try LogDirectory(in: store)
            try log.removeTemporaries()
            // A process that was killed may have left its last blocks in memory only. They count
            // from now on, so they have to be on the device.
            if let newest = try log.segments().last {
                let file = try log.openSegment(newest)
                try file.sync()
                // Its last flush may have failed, and what that was to write may be in memory all
                // the same, as if the device had it. What the device has is what counts.
                let end = try file.status().byteCount
                file.forgetCached(max(0, end - 2 * LogLimits.blockByteCountMax)..<end)
            }
            return log
        } catch {
            throw OpenError(error)
        }
    }

    /// What the readers and the writer share, and the removal of what is before the log's start.
    private static func share(
        _ first: SegmentWriter, _ identity: Recovery.Identity, _ recovery: Recovery,
        _ layout: LogLayout, _ surroundings: borrowing Surroundings, _ log: LogDirectory
    ) throws(StorageFault) -> LogShared {
        let configuration = surroundings.configuration
        let state = identity.state
        do throws(FileFault) {
            var segments: [UInt64: Int] = [:]
            for number in try log.segments() {
                if number < state.firstSegment && number < first.number {
                    try log.removeSegment(number)
                } else {
                    // A process that was killed left what it had set aside.
                    if number != first.number { try? log.releaseReserved(ofSegment: number) }
                    segments[number] = try log.byteCount(ofSegment: number)
                }
            }
            try log.directory.sync()
            let file = SegmentFile(
                number: first.number, salt: first.header.salt,
                pageByteCount: first.header.pageByteCount, try log.openSegment(first.number))
            let view = LogView(
                state: state, active: SegmentIndex(segment: first.number), activeFile: file,
                segments: segments, recent: RecentBatches(capacity: configuration.recentByteCount),
                damage: Array(recovery.damage.prefix(LogView.damageCountMax)))
            let shared = LogShared(
                store: surroundings.store, log: log,
                catalog: SegmentCatalog(
                    log, StoreLineage(current: identity.store, former: state.formerStores),
                    pageByteCount: recovery.pageByteCount,
                    capacity: configuration.indexCacheByteCount),
                pageByteCount: recovery.pageByteCount, clock: surroundings.clock,
                configuration, layout: layout, view: view)
            if let header = recovery.newest, header.segment != first.number {
                shared.storeIndex(recovery.index, of: header)
            }
            return shared
        } catch {
            throw .file(error)
        }
    }
}

extension Recovery {
    /// The store and the state to go on with.
    struct Identity {
        let store: StoreID
        let state: LogState
    }

    /// Applies what the operator said of a copy; a store that is none stays what it is.
    func adopted(
        _ adoption: LogConfiguration.Adoption, now: Int64, newID: () -> StoreID
    ) -> Identity {
        guard let newest else { return Identity(store: newID(), state: state) }
        guard isCopy || adoption == .restored else {
            return Identity(store: newest.store, state: state)
        }
        switch adoption {
        case .none, .moved, .restored:
            return Identity(store: newest.store, state: state.jumped(now: now))
        case .cloned:
            var state = state
            state.apply([.formerStore(FormerStore(newest.store, through: nextSegment - 1))])
            return Identity(store: newID(), state: state)
        }
    }

    /// An empty newest segment is replaced, so that opening again and again makes no files.
    var nextSegment: UInt64 {
        let isReplaceable =
            newest?.segment == newestNumber && index.blocks.isEmpty && damage.isEmpty
        return isReplaceable ? newestNumber : newestNumber + 1
    }
}
