internal import DurableFiles
internal import Glibc
internal import Synchronization

/// What a log is at one moment: the segments it has, and how far the newest one counts.
///
/// Closed segments never change, and the newest only gets longer, so a pin stays true while appends
/// go on, until retention removes the oldest of its segments.
package struct LogPin: Equatable, Sendable {
    /// Which store it is of.
    package let store: StoreID
    /// In order; the last one is the newest.
    package let segments: [UInt64]
    /// The number of the last block that is durable.
    package let lastBlock: UInt64

    /// A pin of `store`, as its owner tells it.
    package init(store: StoreID, segments: [UInt64], lastBlock: UInt64) {
        self.store = store
        self.segments = segments
        self.lastBlock = lastBlock
    }
}

extension StreamLog {
    /// What is durable now.
    package func pin() -> LogPin {
        shared.view.withLock { view in
            LogPin(
                store: storeID,
                segments: view.segments.keys.filter { $0 <= view.active.segment }.sorted(),
                lastBlock: view.state.nextBlock.previous.rawValue)
        }
    }

    /// The same of a store that nobody has open; an owner is refused. Nothing in it is changed.
    package static func pin(storeAt path: String) throws(CareError) -> LogPin {
        // Only to see that there is none: an owner who comes now does not change what is read.
        _ = try keepingOwnersAway(path)
        return try CareError.unifying {
            let log = try LogDirectory(existingIn: path)
            let recovery = try Recovery(
                log, pageByteCount: Int(sysconf(Int32(_SC_PAGESIZE))), copies: .accept, now: 0)
            guard let newest = recovery.newest, newest.segment == recovery.newestNumber else {
                let file = log.path(ofSegment: recovery.newestNumber)
                throw OpenError.beyondRecovery(path: file, .header)
            }
            return LogPin(
                store: newest.store, segments: try log.segments(),
                lastBlock: recovery.index.blocks.last?.number.rawValue
                    ?? newest.lastBlock.rawValue)
        }
    }

    /// The gaps that the log of a store has recorded, whether somebody has it open or not.
    package static func gaps(
        storeAt path: String
    ) throws(CareError) -> (store: StoreID, gaps: [PartitionID: [Gap]]) {
        try CareError.unifying {
            let log = try LogDirectory(existingIn: path)
            let recovery = try Recovery(
                log, pageByteCount: Int(sysconf(Int32(_SC_PAGESIZE))), copies: .accept, now: 0)
            guard let store = recovery.newest?.store else {
                throw CareError.nothingLeft(path: path)
            }
            return (store, recovery.state.gapLists)
        }
    }
}

extension LogState {
    fileprivate var gapLists: [PartitionID: [Gap]] {
        var lists: [PartitionID: [Gap]] = [:]
        for (incarnation, stream) in streams {
            for (index, partition) in stream.partitions.enumerated() {
                lists[PartitionID(incarnation, UInt32(index))] = partition.gaps.gaps
            }
        }
        return lists
    }
}
