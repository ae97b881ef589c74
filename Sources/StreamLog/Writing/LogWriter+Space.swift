internal import DurableFiles
internal import StreamModel
internal import Synchronization

/// Budget, retention and age. Removal is always in this order: the new log start becomes durable,
/// the file goes, the directory is synced.
extension LogWriter {
    /// Nil when there is room for the draft, perhaps after removing what may be removed.
    mutating func makeRoom(for draft: BlockDraft) -> CommitError.Shortage? {
        let needed = growth(of: draft) + layout.reservationByteCount
        let kept = lastReserve + (draft.batches.isEmpty ? 0 : layout.reserve)
        while let shortage = shortage(for: needed, keeping: kept) {
            if configuration.budgetPolicy == .dropOldest, removeOldest(.diskPressure) { continue }
            guard draft.batches.isEmpty, let reason = removal(after: draft) else {
                return shortage
            }
            owedRemoval = reason
            return nil
        }
        return nil
    }

    /// Space that only what frees space may take: a roll, which writes the state twice, and the
    /// removal of a segment, which says something of every partition, twice.
    var lastReserve: Int {
        (192 << 10) + 4 * stateByteCount + 2 * layout.reservationByteCount
    }

    /// Why the oldest segment may go once a draft of requests is durable, if it may.
    private func removal(after draft: BlockDraft) -> Gap.Reason? {
        guard let oldest = shared.segmentNumbers.first, oldest != segment.number else { return nil }
        let reason: Gap.Reason
        if configuration.budgetPolicy == .dropOldest {
            reason = .diskPressure
        } else {
            guard hasExpired(at: keeper.last.age) else { return nil }
            reason = .retention
        }
        var after = shared.view.withLock { $0.state }
        after.apply(draft.changes)
        return shared.removal(of: oldest, reason, time: 0, in: after).map { _ in reason }
    }

    /// Removes the segment for whose sake a request was let through.
    mutating func payWhatIsOwed() {
        guard let reason = owedRemoval else { return }
        owedRemoval = nil
        _ = removeOldest(reason)
    }

    /// The snapshot of the state must stay small beside a segment.
    mutating func checkState(_ draft: BlockDraft) -> CommitError.Shortage? {
        let numbered = draft.directory.count { $0.producer != nil }
        stateByteCount += draft.changesByteCount + numbered * 24 + draft.newWindowCount * 64
        let limit = layout.stateByteCountMax
        guard stateByteCount > limit else { return nil }
        let state = shared.view.withLock { $0.state }
        let held = state.encodeSnapshot().count
        stateByteCount = held + draft.changesByteCount + draft.newWindowCount * 64
        guard stateByteCount > limit, draft.enlarges(state) else { return nil }
        defer { stateByteCount = held }
        return .state(byteCount: stateByteCount, limit: limit)
    }

    /// Why `needed` more bytes do not fit beside those that are to be kept free, if they don't.
    func shortage(for needed: Int, keeping kept: Int) -> CommitError.Shortage? {
        if shared.usedByteCount + needed + kept > layout.budget {
            return .budget(byteCount: layout.budget)
        }
        if shared.isVolumeFull(needing: needed + layout.reserve / 4) {
            return .disk(path: shared.log.directory.path)
        }
        return nil
    }

    /// What has to be done from time to time: closing a segment that is old, and removing what has
    /// expired.
    ///
    /// Looking costs more than a small commit, so it is done once a second, and after a roll.
    mutating func maintain(_ when: Maintenance = .ifDue) {
        let time = clock.read()
        let isDue = when == .now || (time.boot &- maintained.boot).magnitude >= 1000
        guard isDue || maintained.segment != segment.number else { return }
        maintained = (time.boot, segment.number)
        var now = keeper
        let age = now.advance(to: time, block: BlockNumber(rawValue: 0)).reading.age
        if !segment.isEmpty && age - segmentBirth > layout.segmentAge { try? roll() }
        while hasExpired(at: age), removeOldest(.retention) {}
    }

    enum Maintenance { case ifDue, now }

    private func hasExpired(at age: Int64) -> Bool {
        let segments = shared.segmentNumbers
        guard segments.count > 1 else { return false }
        if let limit = configuration.retentionByteCount, shared.logByteCount > limit {
            return true
        }
        guard let limit = configuration.retentionAge,
            let next = try? shared.catalog.header(segments[1])
        else { return false }
        return age - next.clock.age > limit
    }

    /// Removes the oldest segment, if its readers allow it. False when nothing was removed.
    private mutating func removeOldest(_ reason: Gap.Reason) -> Bool {
        guard let oldest = shared.segmentNumbers.first else { return false }
        if oldest == segment.number {
            // A segment that holds no event frees nothing: its successor would be as large.
            let holdsEvents = shared.view.withLock { !$0.active.partitions.isEmpty }
            guard holdsEvents, (try? roll()) != nil else { return false }
        }
        let time = clock.read().wall
        let state = shared.view.withLock { $0.state }
        guard let removal = shared.removal(of: oldest, reason, time: time, in: state) else {
            return false
        }
        var draft = BlockDraft(appendTime: time)
        for change in removal { draft.add(change) }
        do { try commit(draft) } catch { return false }
        shared.removeSegment(oldest)
        return true
    }
}

extension BlockDraft {
    /// Whether the state becomes larger by more than what known producers' windows take. At the
    /// limit, those who are known already must still be able to go on.
    fileprivate func enlarges(_ state: LogState) -> Bool {
        newWindowCount > 0
            || changes.contains { change in
                switch change {
                case .stream(let definition):
                    (state.streams[definition.incarnation]?.partitions.count ?? 0)
                        < definition.partitionCount
                case .producer(let id, _, _, _): state.producers[id] == nil
                case .position(let key, let position):
                    state.positions[key].map { $0.metadata.count < position.metadata.count } ?? true
                case .feed(let key, _): state.feeds[key] == nil
                case .streamDeleted, .end, .logStart, .gap, .window, .producerExpired,
                    .positionRemoved, .feedRemoved, .firstSegment, .clockEpoch, .allocators,
                    .formerStore:
                    false
                }
            }
    }
}
