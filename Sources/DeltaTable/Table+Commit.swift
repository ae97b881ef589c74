extension Table {
    /// So many lost races are no bad luck any more.
    private static var attemptCountMax: Int { 10_000 }

    /// Adds rows to the table, behind whatever other writers add in the meantime.
    ///
    /// The files must be durable, as `DataFileWriter.finish` leaves them. On return the commit is
    /// durable and has been read back.
    package mutating func commit(_ append: Append) async throws(TableError) -> CommitOutcome {
        try await commit(.append(append))
    }

    /// Takes files away and puts others in their place, if nobody else has touched them since.
    ///
    /// On return the commit is durable and has been read back.
    package mutating func commit(_ edit: Edit) async throws(TableError) -> CommitOutcome {
        do { try FeatureCheck.checkEdit(edit, state.proto, state.metadata) } catch {
            return .refused(.featureRefused(error))
        }
        return try await commit(.edit(edit))
    }

    private mutating func commit(_ change: Change) async throws(TableError) -> CommitOutcome {
        var overwritten: [Int64] = []
        if let repair = try await repairLastCommit() {
            overwritten = [repair.version]
            if case .refused = repair.outcome { return .refused(.ownCommitLost(repair.version)) }
        }
        var outcome = try await race(change)
        if case .committed(var receipt) = outcome {
            receipt.overwrittenVersions = overwritten + receipt.overwrittenVersions
            outcome = .committed(receipt)
        }
        return outcome
    }

    /// Makes sure that our newest commit is still there, and commits it again if it is not.
    ///
    /// A Spark on the same local disk renames its commits over ours (contract, section 5.2). Nil
    /// when all is well.
    package mutating func repairLastCommit() async throws(TableError) -> Repair? {
        guard let last, try await owner(of: last.position.version) != last.position.transactionID
        else { return nil }
        self.last = nil
        state = try await LogReader(storage: storage).state().state
        let marks = last.change.transactions
        let isReached = marks.allSatisfy { mark in
            (transaction(of: mark.application) ?? .min) >= mark.version
        }
        let outcome = marks.isEmpty || !isReached ? try await race(last.change) : nil
        return Repair(version: last.position.version, outcome: outcome)
    }

    private mutating func race(_ change: Change) async throws(TableError) -> CommitOutcome {
        try await checkPresence(of: change.files)
        let old = state
        var overwritten: [Int64] = []
        var plan = try await CommitPlan(change, LogReader(storage: storage), state)
        for lostRaceCount in 0..<Self.attemptCountMax {
            if let conflict = plan.conflict(with: state, since: old) { return .refused(conflict) }
            let transactionID = surroundings.uuid()
            let actions = try plan.actions(on: state, at: surroundings.now(), transactionID)
            let target = version + 1
            let outcome: CreateOutcome
            do {
                outcome = try await storage.create(
                    LogPath.commit(target), CommitFile.encode(actions))
            } catch { throw .storage(error) }
            // Our own commit may also be what "already exists": a storage may repeat a request.
            if try await owner(of: target) == transactionID {
                state.apply(actions)
                let position = TablePosition(
                    tableID: state.metadata.id, version: target, transactionID: transactionID)
                last = OwnCommit(position: position, change: change)
                return .committed(
                    CommitReceipt(
                        position: position, lostRaceCount: lostRaceCount,
                        overwrittenVersions: overwritten))
            }
            if outcome == .created { overwritten.append(target) }
            for commit in try await refresh() { plan.note(commit) }
        }
        throw .tooManyLostRaces(Self.attemptCountMax)
    }

    private func owner(of version: Int64) async throws(TableError) -> String? {
        let bytes = try await LogReader(storage: storage).read(LogPath.commit(version))
        return bytes.flatMap(CommitFile.transactionID)
    }
}

/// A commit of ours that somebody had overwritten.
package struct Repair: Equatable, Sendable {
    /// The version that was ours.
    package let version: Int64
    /// What became of committing it again; nil when that was not needed, because the cursors it
    /// moved are there already.
    package let outcome: CommitOutcome?
}

/// A commit that others made while we meant to.
package struct ForeignCommit: Sendable {
    /// The version that it made.
    package let version: Int64
    /// Everything in it, in its order.
    package let actions: [Action]
}
