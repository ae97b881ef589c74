internal import DurableFiles
internal import StreamModel
internal import Synchronization

/// Budget, retention and age. Removal is always in this order: the new log start becomes durable,
/// the file goes, the directory is synced.
extension LogWriter {
    /// Nil when there is room for the draft, perhaps after removing what may be removed.
    mutating func makeRoom(for draft: BlockDraft) -> CommitError.Shortage? {
        if let refusal = checkState(draft) { return refusal }
        guard !draft.batches.isEmpty else { return nil }
        let needed = growth(of: draft)
        while let shortage = shortage(for: needed) {
            guard configuration.budgetPolicy == .dropOldest, removeOldest(.diskPressure) else {
                return shortage
            }
        }
        return nil
    }

    /// The snapshot of the state must stay small beside a segment.
    private mutating func checkState(_ draft: BlockDraft) -> CommitError.Shortage? {
        let numbered = draft.directory.count { $0.producer != nil }
        stateByteCount += draft.changesByteCount + numbered * 24 + draft.newWindowCount * 64
        let limit = layout.stateByteCountMax
        guard stateByteCount > limit else { return nil }
        let held = shared.view.withLock { $0.state }.encodeSnapshot().count
        stateByteCount = held + draft.changesByteCount + draft.newWindowCount * 64
        guard stateByteCount > limit, draft.grows else { return nil }
        defer { stateByteCount = held }
        return .state(byteCount: stateByteCount, limit: limit)
    }

    /// Why `needed` more bytes do not fit, if they don't.
    func shortage(for needed: Int) -> CommitError.Shortage? {
        if shared.usedByteCount + needed + layout.reserve > layout.budget {
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
    mutating func maintain() {
        let time = clock.read()
        let isDue = (time.boot &- maintained.boot).magnitude >= 1000
        guard isDue || maintained.segment != segment.number else { return }
        maintained = (time.boot, segment.number)
        var now = keeper
        let age = now.advance(to: time, block: BlockNumber(rawValue: 0)).reading.age
        if !segment.isEmpty && age - segmentBirth > layout.segmentAge { try? roll() }
        while hasExpired(at: age), removeOldest(.retention) {}
    }

    private func hasExpired(at age: Int64) -> Bool {
        let segments = shared.segmentNumbers
        guard segments.count > 1 else { return false }
        if let limit = configuration.retentionByteCount, shared.usedByteCount > limit {
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
            guard !segment.isEmpty, (try? roll()) != nil else { return false }
        }
        let time = clock.read().wall
        guard let removal = shared.removal(of: oldest, reason, time: time) else { return false }
        var draft = BlockDraft(appendTime: time)
        for change in removal { draft.add(change) }
        do { try commit(draft) } catch { return false }
        shared.removeSegment(oldest)
        return true
    }
}

extension BlockDraft {
    /// Whether the state becomes larger by more than what known producers' windows take.
    fileprivate var grows: Bool {
        newWindowCount > 0
            || changes.contains { change in
                switch change {
                case .stream, .producer, .position, .feed: true
                case .streamDeleted, .end, .logStart, .gap, .window, .producerExpired,
                    .positionRemoved, .feedRemoved, .firstSegment, .clockEpoch, .allocators:
                    false
                }
            }
    }
}
