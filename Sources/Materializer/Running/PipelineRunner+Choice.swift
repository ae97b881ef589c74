internal import Columns
internal import DeltaTable
internal import JSONFlattening
internal import StreamLog

/// What the operator decided, in the log before it is done.
extension PipelineRunner {
    func apply(_ choice: Choice, to followed: inout Followed) async throws(Interruption) {
        followed.progress = FeedProgress()
        var starts: [Int64]?
        switch choice {
        case .continue: followed.memory.generation += 1
        case .accept: starts = followed.positions.map { _ in 0 }
        case .rebuild:
            followed.memory.generation += 1
            followed.memory.isEmptying = true
            followed.memory.mapping = definition.mapping.canonical
            followed.memory.growth = []
            followed.growth = SchemaGrowth(definition.mapping)
            followed.plan = FlattenPlan(followed.growth)
            starts = followed.positions.map { _ in 0 }
        }
        if let starts { followed.positions = starts }
        let positions = followed.positions.enumerated().map { (UInt32($0), $1) }
        try await commit(try requests(of: followed, memory: true, positions: positions))
    }

    /// Empties the tables, as a rebuild has to before its first row. A crash on the way leaves the
    /// wish in the log, and the next start does it again.
    func emptyTables(of followed: inout Followed) async throws(Interruption) {
        guard followed.memory.isEmptying else { return }
        for (name, known) in followed.tables {
            guard let schema = followed.schema(of: name) else { continue }
            var table = known
            do throws(TableError) {
                _ = try await table.refresh()
                let edit = Edit(
                    .replace, removed: .everything, basis: table.version,
                    definition: TableDefinition(schema: schema))
                guard case .committed = try await table.commit(edit) else {
                    // Somebody was faster. The wish is in the log, so it is tried again.
                    throw .tooManyLostRaces(1)
                }
            } catch { throw .trouble(Trouble(error, at: name)) }
            followed.tables[name] = table
        }
        followed.memory.isEmptying = false
        try await commit(try requests(of: followed, memory: true))
    }
}
