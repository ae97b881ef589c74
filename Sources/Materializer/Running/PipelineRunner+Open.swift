internal import Columns
internal import DeltaTable
internal import JSONFlattening
internal import StreamLog
internal import StreamModel
internal import Synchronization

/// Finding out where a pipeline is: what the log remembers, what the tables say, and which wins.
extension PipelineRunner {
    func open() async throws(Interruption) {
        show(.starting)
        var followed = try await remembered()
        if let choice = takeChoice() { try await apply(choice, to: &followed) }
        try await openTables(of: &followed)
        followed.findGeneration()
        try await emptyTables(of: &followed)
        let recovery = Recovery(
            positions: followed.positions, ends: try ends(of: followed),
            progress: followed.progress, sightings: try await sightings(of: followed))
        switch recovery.decide() {
        case .pause(let pause): throw .pause(pause)
        case .follow(let positions): followed.positions = positions
        case .finish(let plan, let tables):
            try await finishOrRefill(plan, in: tables, of: &followed)
        }
        try await adoptMapping(in: &followed)
        try await removeOrphans(of: followed)
        publish(followed)
        self.followed = followed
    }

    /// What the log knows of the pipeline; for a new one, its beginning.
    private func remembered() async throws(Interruption) -> Followed {
        let stream: StreamDefinition
        do throws(ReadError) { stream = try log.stream(named: definition.stream) } catch {
            throw .noStream
        }
        let name = definition.name.text
        let feed = FeedKey(incarnation: stream.incarnation, name: name)
        let known = log.feeds(of: stream.incarnation).first { $0.name == name }
        if known?.gate != definition.gate { try await commit([.setFeed(feed, definition.gate)]) }
        let store = FeedStore(log, stream.incarnation, name: name)
        let memory: FeedMemory
        let progress: FeedProgress
        do throws(RecordError) {
            memory = try store.memory() ?? FeedMemory(mapping: definition.mapping.canonical)
            progress = try store.progress()
        } catch { throw .trouble(.memory(error)) }
        let growth = try growth(of: memory)
        return Followed(
            stream: stream,
            identity: PipelineIdentity(
                store: log.storeID, incarnation: stream.incarnation, pipeline: name),
            store: store, memory: memory, progress: progress,
            positions: store.positions(partitionCount: stream.partitionCount), growth: growth,
            plan: FlattenPlan(growth))
    }

    /// The columns as the log remembers that they grew.
    private func growth(of memory: FeedMemory) throws(Interruption) -> SchemaGrowth {
        var growth: SchemaGrowth
        do throws(MappingError) { growth = SchemaGrowth(try Mapping(parsing: memory.mapping)) }
        catch { throw .trouble(.mapping(error)) }
        do throws(SchemaChangeError) {
            for entry in memory.growth {
                try growth.apply(try SchemaChange(decoding: entry.change))
            }
        } catch { throw .trouble(.growth(error)) }
        return growth
    }

    /// Opens the tables that are there, those we know and those we might have begun to make.
    private func openTables(of followed: inout Followed) async throws(Interruption) {
        let known = followed.progress.tables.map(\.table)
        let possible = followed.growth.tables.map { TableName(layoutNamed: $0.name) }
        for name in Set(known + possible + [.quarantine]) {
            if let table = try await openTable(name) { followed.tables[name] = table }
        }
    }

    func openTable(_ name: TableName) async throws(Interruption) -> Table<LocalStorage>? {
        do throws(TableError) {
            return try await Table.open(
                in: LocalStorage(name.root(of: definition.root)), surroundings)
        } catch {
            if case .noTable = error { return nil }
            throw .trouble(Trouble(error, at: name))
        }
    }

    func ends(of followed: Followed) throws(Interruption) -> [Int64] {
        var ends: [Int64] = []
        do throws(ReadError) {
            for partition in followed.positions.indices {
                ends.append(try log.bounds(of: followed.id(UInt32(partition))).upperBound)
            }
        } catch { throw .trouble(.read(error)) }
        return ends
    }

    private func sightings(
        of followed: Followed
    ) async throws(Interruption) -> [TableName: Sighting] {
        var sightings: [TableName: Sighting] = [:]
        for (name, table) in followed.tables {
            do throws(TableError) {
                let memory = followed.progress[name]
                sightings[name] = .found(try await followed.sighting(of: table, memory))
            } catch { throw .trouble(Trouble(error, at: name)) }
        }
        return sightings
    }

    // MARK: A new mapping

    /// Goes over to the mapping of the definition. All tables are at one place now, so that each
    /// event is flattened under one mapping for all of them.
    private func adoptMapping(in followed: inout Followed) async throws(Interruption) {
        let mapping = definition.mapping.canonical
        guard followed.memory.mapping != mapping else { return }
        // What the new mapping declares otherwise is its word; the other columns stay.
        let growth = SchemaGrowth(definition.mapping, adopting: followed.growth.record)
        for layout in growth.tables {
            let name = TableName(layoutNamed: layout.name)
            if let table = followed.tables[name] { try check(layout.schema, against: table, name) }
        }
        followed.growth = growth
        followed.plan = FlattenPlan(growth)
        followed.memory.mapping = mapping
        let record = growth.record
        followed.memory.growth = [
            GrowthEntry(change: record.encoded, starts: followed.positions)
        ]
        try await commit(try requests(of: followed, memory: true))
    }

    /// A column keeps its type for ever; another one needs a rebuild.
    func check(
        _ schema: Schema, against table: Table<LocalStorage>, _ name: TableName
    ) throws(Interruption) {
        for field in schema.fields {
            guard let index = table.schema.index(of: field.name) else { continue }
            guard table.schema.fields[index].type == field.type else {
                throw .pause(Pause(.columnChanged(field.name), at: name.suffix))
            }
        }
    }

    /// What the log is to remember now.
    func requests(
        of followed: Followed, memory: Bool = false,
        positions: [(partition: UInt32, offset: Int64)] = []
    ) throws(Interruption) -> [StateRequest] {
        do throws(RecordError) {
            return try followed.store.requests(
                memory: memory ? followed.memory : nil, progress: followed.progress,
                positions: positions)
        } catch { throw .trouble(.memory(error)) }
    }

    func publish(_ followed: Followed) {
        board.withLock { board in
            board.partitions = followed.positions.enumerated().map { index, position in
                PipelineStatistics.Partition(
                    index: UInt32(index), position: position, end: position)
            }
        }
    }
}
