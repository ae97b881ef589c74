internal import Synchronization

/// Those who wait at the end of a partition for its next event.
final class Followers: Sendable {
    private struct Waiting {
        let id: UInt64
        let resume: @Sendable () -> Void
    }

    private struct State {
        var lines: [PartitionID: [Waiting]] = [:]
        var next: UInt64 = 0
        var isClosed = false
    }

    private let state = Mutex(State())

    /// Calls `resume` once: at the partition's next block, at `cancel`, or when the log closes.
    /// The answer is what to cancel it with; nil when `resume` has been called already.
    func wait(for id: PartitionID, _ resume: @escaping @Sendable () -> Void) -> UInt64? {
        let ticket: UInt64? = state.withLock { state in
            guard !state.isClosed else { return nil }
            state.next += 1
            state.lines[id, default: []].append(Waiting(id: state.next, resume: resume))
            return state.next
        }
        if ticket == nil { resume() }
        return ticket
    }

    func cancel(_ ticket: UInt64, for id: PartitionID) {
        let found = state.withLock { state -> Waiting? in
            guard let place = state.lines[id]?.firstIndex(where: { $0.id == ticket }) else {
                return nil
            }
            defer { if state.lines[id]?.isEmpty == true { state.lines[id] = nil } }
            return state.lines[id]?.remove(at: place)
        }
        found?.resume()
    }

    /// Called after a block has become visible.
    func wake(_ directory: [DirectoryEntry]) {
        let woken = state.withLock { state -> [Waiting] in
            guard !state.lines.isEmpty else { return [] }
            return directory.flatMap { state.lines.removeValue(forKey: $0.partition) ?? [] }
        }
        for waiting in woken { waiting.resume() }
    }

    /// Wakes those who follow a stream that has been deleted.
    func wake(_ incarnation: StreamIncarnation) {
        let woken = state.withLock { state in
            let ids = state.lines.keys.filter { $0.incarnation == incarnation }
            return ids.flatMap { state.lines.removeValue(forKey: $0) ?? [] }
        }
        for waiting in woken { waiting.resume() }
    }

    /// How many wait.
    var count: Int { state.withLock { $0.lines.values.reduce(0) { $0 + $1.count } } }

    func close() {
        let woken = state.withLock { state in
            state.isClosed = true
            defer { state.lines = [:] }
            return state.lines.values.flatMap { $0 }
        }
        for waiting in woken { waiting.resume() }
    }
}
