internal import Columns
internal import DeltaTable
internal import JSONFlattening
internal import StreamLog
internal import StreamModel
internal import Synchronization

extension Followed {
    /// The columns as the log remembers that they grew.
    static func growth(of memory: FeedMemory) throws(Interruption) -> SchemaGrowth {
        var growth: SchemaGrowth
        do throws(MappingError) {
            growth = SchemaGrowth(try Mapping(parsing: memory.mapping))
        } catch { throw .trouble(.mapping(error)) }
        do throws(SchemaChangeError) {
            for entry in memory.growth {
                try growth.apply(try SchemaChange(decoding: entry.change))
            }
        } catch { throw .trouble(.growth(error)) }
        return growth
    }
}

/// Finding out where a pipeline is: what the log remembers, what the tables say, and which wins.
extension PipelineRunner {
    func open() async throws(Interruption) {
        show(.starting)
        let order = beginOrder()
        var followed = try await remembered()
        try await openTables(of: &followed)
        if let order, case .resolve(let choice) = order.task {
            try await apply(choice, of: order, to: &followed)
        }
        followed.findGeneration()
        guard followed.memory.rebuild == nil else {
            // What the tables are does not matter any more.
            try forgetRedrive()
            self.followed = followed
            return
        }
        let recovery = Recovery(
            positions: followed.positions, ends: try await store.ends(of: followed.stream),
            progress: followed.progress, sightings: try await sightings(of: followed))
        switch recovery.decide() {
        case .pause(let pause): throw .pause(pause)
        case .follow(let positions): followed.positions = positions
        case .finish(let plan, let tables):
            try await finishOrRefill(plan, in: tables, of: &followed)
        }
        try await adoptMapping(in: &followed)
        try await finishRedrive(of: &followed)
        try await removeOrphans(of: followed)
        try removeStaging()
        try await look(at: &followed)
        if let order, order.task == .redrive { try await beginRedrive(order, followed) }
        publish(followed)
        self.followed = followed
    }

    /// Finds out what the tables take.
    private func look(at followed: inout Followed) async throws(Interruption) {
        for (name, table) in followed.tables {
            do throws(TableError) {
                followed.liveByteCounts[name] = TableSpace.allocation(of: try await table.files())
            } catch { throw .trouble(Trouble(error, at: name)) }
        }
        space.measure(definition.root)
        noteUse(of: followed)
    }

    /// What is known of the pipeline; for a new one, its beginning.
    private func remembered() async throws(Interruption) -> Followed {
        let opened = try await store.open(definition)
        let memory = opened.memory ?? FeedMemory(mapping: definition.mapping.canonical)
        let growth = try Followed.growth(of: memory)
        let identity = PipelineIdentity(
            store: opened.store, incarnation: opened.stream.incarnation,
            pipeline: definition.name.text)
        return Followed(
            stream: opened.stream, identity: identity, memory: memory, progress: opened.progress,
            positions: opened.positions, growth: growth, plan: FlattenPlan(growth))
    }

    /// Opens the tables that are there, those we know and those we might have begun to make.
    private func openTables(of followed: inout Followed) async throws(Interruption) {
        let known = followed.progress.tables.map(\.table)
        let possible = followed.growth.tables.map { TableName(layoutNamed: $0.name) }
        for name in Set(known + possible + [.quarantine]) {
            if let table = try await openTable(name) { followed.tables[name] = table }
        }
    }

    /// The table, of those whose parent lies in `root`; nil when there is none.
    func openTable(
        _ name: TableName, below root: String? = nil
    ) async throws(Interruption) -> Table<LocalStorage>? {
        do throws(TableError) {
            return try await Table.open(
                in: LocalStorage(name.root(of: root ?? definition.root)), surroundings)
        } catch {
            if case .noTable = error { return nil }
            throw .trouble(Trouble(error, at: name))
        }
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
    ///
    /// A mapping that an operator gave in between stays, until the definition names another than
    /// it named then.
    private func adoptMapping(in followed: inout Followed) async throws(Interruption) {
        let mapping = definition.mapping.canonical
        guard definition.isMappingConfigured, followed.memory.configured != mapping else { return }
        let isOverruled = followed.memory.configured != nil
        guard followed.memory.mapping != mapping || isOverruled else { return }
        followed.memory.configured = nil
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
        try await keep(followed, .withMemory)
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

    /// Whether a step changes what is remembered of mapping and columns.
    enum Kept { case progress, withMemory }

    /// Makes the log remember how things stand now.
    func keep(
        _ followed: Followed, _ kept: Kept,
        positions: [(partition: UInt32, offset: Int64)] = []
    ) async throws(Interruption) {
        try await store.keep(
            FeedChange(
                incarnation: followed.stream.incarnation, name: definition.name.text,
                memory: kept == .withMemory ? followed.memory : nil, progress: followed.progress,
                positions: positions))
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
