internal import DeltaTable
package import JSONFlattening
package import StreamLog

extension Redrive {
    /// The redrive of the table that a pipeline of this log fills, with the columns that the log
    /// remembers. A mended mapping takes them over as far as it says nothing else.
    package init(
        _ root: String, in log: StreamLog, mended: Mapping?, clock: any LogClock = SystemClock(),
        random: @escaping @Sendable () -> UInt64
    ) async throws(Interruption) {
        let surroundings = Surroundings(now: { clock.read().wall }, random: random)
        let table: Table<LocalStorage>
        do throws(TableError) {
            table = try await Table.open(in: LocalStorage(root), surroundings)
        } catch { throw .trouble(Trouble(error, at: .parent)) }
        let own = table.state.transactions.keys.compactMap { CursorName($0) }
            .filter { $0.store == log.storeID }.max { $0.generation < $1.generation }
        guard let own else { throw .noStream }
        let identity = PipelineIdentity(
            store: own.store, incarnation: own.incarnation, pipeline: own.pipeline)
        var memory: FeedMemory?
        do throws(RecordError) {
            memory = try FeedStore(log, own.incarnation, name: own.pipeline).memory()
        } catch { throw .trouble(.memory(error)) }
        let known = try Followed.growth(
            of: memory ?? FeedMemory(mapping: Mapping().canonical))
        let growth = mended.map { SchemaGrowth($0, adopting: known.record) } ?? known
        self.init(root, identity, growth, clock: clock, random: random)
    }
}

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
