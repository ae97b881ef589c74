internal import DeltaTable
internal import JSONFlattening
internal import StreamLog
internal import Synchronization

/// What the operator decided, in the log before it is done.
extension PipelineRunner {
    /// Takes an order; the next flush begins with it. Returns its number.
    nonisolated func take(_ order: PipelineOrder) throws(OrderRefusal) -> UInt64 {
        let serial = board.withLock { board -> UInt64? in
            if let known = board.order, known.result == nil { return nil }
            let serial = (board.order?.serial ?? 0) + 1
            board.order = OrderStatus(serial: serial, order: order)
            return serial
        }
        guard let serial else { throw .busy }
        return serial
    }

    /// The order that waits to be begun, and from now on has been.
    nonisolated func beginOrder() -> PipelineOrder? {
        board.withLock { board in
            guard let known = board.order, known.result == nil, !known.isBegun else { return nil }
            board.order?.isBegun = true
            return known.order
        }
    }

    /// Says how the order that was begun has ended, if there is one.
    nonisolated func endOrder(_ failure: Interruption? = nil) {
        board.withLock { board in
            guard let known = board.order, known.isBegun, known.result == nil else { return }
            board.order?.result = failure.map { .failed($0) } ?? .done(known.tally)
        }
    }

    /// Counts for the order that was begun.
    nonisolated func tally(_ body: (inout OrderTally) -> Void) {
        board.withLock { board in
            guard board.order?.isBegun == true, board.order?.result == nil else { return }
            if var order = board.order {
                body(&order.tally)
                board.order = order
            }
        }
    }

    func apply(
        _ choice: Choice, of order: PipelineOrder, to followed: inout Followed
    ) async throws(Interruption) {
        if let rebuild = followed.memory.rebuild, choice != .rebuild {
            try giveUp(rebuild, in: followed)
        }
        var positions = followed.positions
        switch choice {
        case .continue:
            // A rebuild that is given up has changed nothing there is to step over.
            if followed.memory.rebuild == nil {
                followed.memory.generation = followed.nextGeneration
                followed.progress = FeedProgress()
            }
        case .accept:
            if followed.memory.rebuild == nil {
                followed.progress = FeedProgress()
                positions = positions.map { _ in 0 }
            }
        case .rebuild:
            try await wish(of: order, in: &followed)
        }
        if choice != .rebuild { followed.memory.rebuild = nil }
        followed.positions = positions
        try await keep(
            followed, .withMemory,
            positions: positions.enumerated().map { (partition: UInt32($0), offset: $1) })
    }

    /// Takes down what a rebuild is to make. One under way under the same mapping goes on.
    private func wish(
        of order: PipelineOrder, in followed: inout Followed
    ) async throws(Interruption) {
        let named = definition.isMappingConfigured ? definition.mapping.canonical : nil
        if order.mapping != nil {
            followed.memory.configured =
                named ?? followed.memory.configured ?? followed.memory.mapping
        }
        let isOverruled = named == nil || named == followed.memory.configured
        let known = isOverruled ? followed.memory.mapping : named ?? followed.memory.mapping
        let mapping = order.mapping?.canonical ?? known
        if let rebuild = followed.memory.rebuild {
            guard rebuild.mapping != mapping else { return }
            try giveUp(rebuild, in: followed)
        }
        let bounds = try await store.bounds(of: followed.stream)
        if !order.mayDiscard { try await checkDiscard(bounds, followed) }
        // What is staged from now on is of this rebuild.
        try removeStaging()
        var live: Int64 = 0
        for (name, table) in followed.tables {
            do throws(TableError) {
                live += TableSpace.allocation(of: try await table.files())
            } catch { throw .trouble(Trouble(error, at: name)) }
        }
        try requireRoom(for: live)
        followed.memory.rebuild = RebuildIntent(
            generation: followed.nextGeneration, mapping: mapping,
            bounds: bounds.map { 0..<$0.upperBound })
    }

    /// Lets go of a rebuild, unless one of its tables is in place already.
    private func giveUp(
        _ rebuild: RebuildIntent, in followed: Followed
    ) throws(Interruption) {
        for table in followed.tables.values
        where followed.hasContent(of: rebuild.generation, in: table) {
            throw .refused(.isBeingReplaced)
        }
        try removeStaging()
    }

    /// Rows go with a rebuild whose events the log does not have any more, and those of others.
    private func checkDiscard(
        _ bounds: [Range<Int64>], _ followed: Followed
    ) async throws(Interruption) {
        guard let parent = followed.tables[.parent] else { return }
        for text in parent.state.transactions.keys {
            guard let cursor = CursorName(text), !followed.identity.owns(cursor) else { continue }
            let other = PipelineIdentity(
                store: cursor.store, incarnation: cursor.incarnation, pipeline: cursor.pipeline)
            throw .refused(.foreignRows(source: "\(other.source)/\(other.pipeline)"))
        }
        let files: [AddFile]
        do throws(TableError) { files = try await parent.files() } catch {
            throw .trouble(Trouble(error, at: .parent))
        }
        guard !files.isEmpty else { return }
        for (partition, range) in bounds.enumerated() where range.lowerBound > 0 {
            throw .refused(
                .wouldDiscard(partition: UInt32(partition), before: range.lowerBound))
        }
    }
}

extension Followed {
    /// Whether a table has what a rebuild of that generation put in its place.
    func hasContent(of generation: UInt32, in table: Table<LocalStorage>) -> Bool {
        positions.indices.contains { partition in
            let cursor = identity.cursor(generation, UInt32(partition))
            return table.transaction(of: cursor.text) != nil
        }
    }
}
