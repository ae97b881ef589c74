internal import Columns
internal import DeltaTable
internal import DurableFiles
internal import JSONFlattening
internal import StreamLog
internal import Synchronization

/// A rebuild: the tables are made anew below the parent's root, and put in place one after another,
/// each in one commit.
///
///     wish in the log ▶ replay into ROOT/_millrace/rebuild ▶ for each table: files moved, then
///     one commit (old files out, new ones in, schema, cursors) ▶ memory and positions in the log
///
/// The wish leaves the log last. Until then every start goes on with it: the replay remembers how
/// far it is, and a table that has the new cursors has the new content.
extension PipelineRunner {
    private static let directory = "_millrace"
    private static let name = "rebuild"
    private var stagingRoot: String { "\(definition.root)/\(Self.directory)/\(Self.name)" }

    /// One step, as long as a flush.
    func rebuild(_ followed: Followed, byteCount: Int) async throws(Interruption) {
        guard let intent = followed.memory.rebuild else { return }
        let replay = try replay(intent, followed)
        space.measure(definition.root)
        let granted = fitting(byteCount)
        if let shortage = space.take(Int64(granted), at: definition.root) {
            throw .trouble(.tablesFull(shortage))
        }
        let isStaged = try await replay.step(byteCount: granted)
        space.measure(definition.root)
        board.withLock { board in
            board.state = .working(
                PipelineWork(
                    kind: .rebuilding, done: replay.store.doneCount, all: replay.store.offsetCount))
        }
        guard isStaged else { return }
        do throws(Interruption) {
            try await putInPlace(intent, replay, followed)
        } catch {
            // Somebody's vacuum took what no table had yet: it is made once more.
            if error.isMissingFile { try removeStaging() }
            throw error
        }
    }

    private func replay(
        _ intent: RebuildIntent, _ followed: Followed
    ) throws(Interruption) -> Replay {
        if let known = staging { return known }
        // Without a record it is what a removal that was cut has left.
        if ReplayStore.bounds(in: stagingRoot) == nil { try removeStaging() }
        do throws(FileFault) { _ = try Directory.make(definition.root, for: .everybody) } catch {
            throw .trouble(Trouble(error))
        }
        let source = try ReplayStore(
            stagingRoot, store: followed.identity.store, stream: followed.stream,
            bounds: intent.bounds
        ) { [store] (id, offset, byteCount) async throws(ReadError) in
            try await store.read(id, from: offset, byteCount: byteCount)
        }
        var staged = definition
        staged.root = stagingRoot
        do throws(MappingError) { staged.mapping = try Mapping(parsing: intent.mapping) } catch {
            throw .trouble(.mapping(error))
        }
        let replay = Replay(staged, source, limits, clock: clock, random: random)
        staging = replay
        return replay
    }

    /// Removes what a rebuild has made and no table has. The record goes first, so that whatever a
    /// cut leaves of the rest is not taken for made.
    func removeStaging() throws(Interruption) {
        staging = nil
        do throws(FileFault) {
            guard let root = try? Directory(definition.root),
                try root.status(of: Self.directory) != nil
            else { return }
            let place = try Directory(root.path(of: Self.directory))
            try ReplayStore.forget(in: stagingRoot)
            for name in try place.names()
            where name == Self.name || name.hasPrefix(Self.name + "_") {
                try place.removeTree(name)
            }
            try place.sync()
        } catch { throw .trouble(Trouble(error)) }
    }

    // MARK: Putting in place

    private func putInPlace(
        _ intent: RebuildIntent, _ replay: Replay, _ before: Followed
    ) async throws(Interruption) {
        var followed = before
        let staged = try await replay.store.open(definition)
        let memory = staged.memory ?? FeedMemory(mapping: intent.mapping)
        followed.growth = try Followed.growth(of: memory)
        followed.progress = FeedProgress()
        var counts = OrderTally()
        let old = before.progress.tables.map(\.table)
        let layouts = (before.growth.tables + followed.growth.tables).map(\.name)
        let names = Set(old + layouts.map { TableName(layoutNamed: $0) } + [.quarantine])
        var parentRowCount: Int64 = 0
        for name in names.sorted(by: Plan.order) {
            let rowCount = try await put(name, in: &followed, intent)
            switch name {
            case .quarantine: counts.quarantined = rowCount
            case .child: counts.rows &+= rowCount
            case .parent:
                counts.rows &+= rowCount
                parentRowCount = rowCount
            }
        }
        followed.memory = FeedMemory(
            generation: intent.generation, mapping: intent.mapping, growth: memory.growth)
        followed.memory.configured = before.memory.configured
        let positions = intent.bounds.enumerated().map {
            (partition: UInt32($0), offset: $1.upperBound)
        }
        try await keep(followed, .withMemory, positions: positions)
        counts.offsets = replay.store.offsetCount
        // Each event is a row of the parent or of the quarantine, or a gap names it.
        counts.missing = counts.offsets &- parentRowCount &- counts.quarantined
        tally { $0 = counts }
        try removeStaging()
    }

    /// Gives a table its new content, unless it has it. Returns how many rows that is.
    private func put(
        _ name: TableName, in followed: inout Followed, _ intent: RebuildIntent
    ) async throws(Interruption) -> Int64 {
        let staged = try await openTable(name, below: stagingRoot)
        var known = try await openTable(name)
        do throws(TableError) {
            let files = try await staged?.files() ?? []
            let rowCount = files.reduce(0) { $0 &+ ($1.rowCount ?? 0) }
            let schema = staged?.schema ?? followed.schema(of: name)
            if known == nil, let staged {
                known = try await Table.create(
                    in: LocalStorage(name.root(of: definition.root)),
                    TableDefinition(schema: staged.schema), surroundings)
            }
            guard var table = known else { return rowCount }
            if !followed.hasContent(of: intent.generation, in: table) {
                try move(files, of: name)
                try await replace(&table, files, schema, intent, followed)
            }
            followed.tables[name] = table
            guard followed.schema(of: name) != nil else { return rowCount }
            followed.progress.tables.append(
                TableMemory(
                    table: name, position: try await table.position(),
                    reached: intent.bounds.map(\.upperBound)))
            return rowCount
        } catch { throw .trouble(Trouble(error, at: name)) }
    }

    /// One commit: what readers see before it is all old, and after it all new.
    private func replace(
        _ table: inout Table<LocalStorage>, _ files: [AddFile], _ schema: Schema?,
        _ intent: RebuildIntent, _ followed: Followed
    ) async throws(TableError) {
        let ranges = intent.bounds.enumerated().map { PartitionRange(UInt32($0), $1) }
        for _ in 0..<100 {
            _ = try await table.refresh()
            let definition = schema.map {
                TableDefinition(schema: $0, properties: table.state.metadata.properties)
            }
            let edit = Edit(
                .replace, removed: .everything, basis: table.version, added: files,
                transactions: followed.marks(over: ranges, generation: intent.generation),
                definition: definition, info: Self.info(intent))
            switch try await table.commit(edit) {
            case .committed: return
            case .refused(.featureRefused(let refusal)): throw .unsupported(refusal)
            // Somebody was faster, and what he did is replaced with the rest.
            case .refused: continue
            }
        }
        throw .tooManyLostRaces(100)
    }

    private static func info(_ intent: RebuildIntent) -> [JSON.Member] {
        let offsets = intent.bounds.enumerated().map { partition, range in
            JSON.array(
                [Int64(partition), range.lowerBound, range.upperBound].map {
                    .number(String($0))
                })
        }
        return [
            JSON.Member(
                "millrace",
                .object([
                    JSON.Member("rebuild", .number(String(intent.generation))),
                    JSON.Member("offsets", .array(offsets)),
                ]))
        ]
    }

    /// Moves files to where the table expects them. Some may be there already.
    private func move(_ files: [AddFile], of name: TableName) throws(TableError) {
        guard !files.isEmpty else { return }
        do throws(FileFault) {
            let from = try Directory(name.root(of: stagingRoot))
            let to = try Directory(name.root(of: definition.root))
            for file in files where try from.status(of: file.path) != nil {
                try to.move(from: from, file.path, to: file.path)
            }
        } catch { throw .storage(.file(error)) }
    }
}
