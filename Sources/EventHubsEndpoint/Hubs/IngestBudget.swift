internal import Synchronization

/// What all connections together have waiting for the log, in bytes.
final class IngestBudget: Sendable {
    private let capacity: Int
    private let used = Atomic<Int>(0)

    init(capacity: Int) { self.capacity = capacity }

    var isExhausted: Bool { used.load(ordering: .relaxed) >= capacity }

    func take(_ byteCount: Int) { used.wrappingAdd(byteCount, ordering: .relaxed) }

    func give(back byteCount: Int) { used.wrappingSubtract(byteCount, ordering: .relaxed) }
}
