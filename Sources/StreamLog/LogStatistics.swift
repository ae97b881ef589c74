internal import Synchronization

/// How large a log is and what has happened to it since it was opened.
package struct LogStatistics: Sendable, Equatable {
    /// The store's name for life.
    package let storeID: StoreID
    /// How many segments there are, the active one included.
    package let segmentCount: Int
    /// Numbers of the oldest and the active segment.
    package let segments: ClosedRange<UInt64>
    /// What the store takes of its volume, and what it may take.
    package let usedByteCount: Int
    /// What the store may take of its volume, in bytes.
    package let budget: Int
    /// How large a segment grows before the log rolls, in bytes.
    package let segmentByteCount: Int
    /// How many streams there are.
    package let streamCount: Int
    /// How many idempotent producers are remembered.
    package let producerCount: Int
    /// How many positions of groups and feeds are kept.
    package let positionCount: Int
    /// Milliseconds of the store's life that somebody counted.
    package let age: Int64
    /// What has happened since the log was opened.
    package let counters: LogCounters
    /// How many pieces of damage have been met since then.
    package let damageCount: Int
    /// Why the log takes no more commits, if it does not.
    package let failure: StorageFault?
}

extension StreamLog {
    /// The segment files, oldest first, the active one last.
    package func segmentPaths() -> [String] {
        shared.segmentNumbers.map(shared.log.path(ofSegment:))
    }

    /// Says how many bytes others keep on the account of this store's budget, such as tables beside
    /// it. Each call replaces what the one before said.
    package func noteOutsideUse(byteCount: Int) { shared.noteOutsideUse(byteCount) }

    /// How large the log is now, and what has happened to it since it was opened.
    package func statistics() -> LogStatistics {
        let used = shared.usedByteCount
        return shared.view.withLock { view in
            let numbers = view.segments.keys
            return LogStatistics(
                storeID: storeID, segmentCount: numbers.count,
                segments: (numbers.min() ?? 1)...(numbers.max() ?? 1), usedByteCount: used,
                budget: shared.layout.budget, segmentByteCount: shared.layout.segmentByteCount,
                streamCount: view.state.streams.count,
                producerCount: view.state.producers.count,
                positionCount: view.state.positions.count, age: view.state.clock.age,
                counters: view.counters, damageCount: view.damage.count, failure: view.failure)
        }
    }
}
