/// What was sent and not settled, in the order of delivery numbers, which have no holes.
///
/// Only deliveries that wait for an outcome take memory; a session that sends settled ones alone
/// has an empty log.
package struct UnsettledDeliveries: Sendable {
    /// A run of deliveries without a hole.
    package struct Run: Hashable, Sendable {
        /// The first delivery's number.
        package let first: UInt32
        /// How many there are.
        package let count: Int
    }

    /// The number of the first entry.
    private var base: SerialNumber
    /// Whether each delivery still waits. The first entry always does.
    private var waiting: [Bool] = []
    /// Entries before this one are over.
    private var head = 0

    /// An empty log; the next delivery has this number.
    package init(next: SerialNumber) { base = next }

    /// The next delivery's number.
    package var next: SerialNumber { base.advanced(by: UInt32(waiting.count - head)) }

    /// How many entries there are between the oldest that waits and the newest.
    package var span: Int { waiting.count - head }

    /// Notes one delivery, and returns its number.
    package mutating func append(isSettled: Bool) -> UInt32 {
        let number = next
        if isSettled && span == 0 {
            base.advance()
        } else {
            waiting.append(!isSettled)
        }
        return number.rawValue
    }

    /// The deliveries out of `first...last` that wait. A range that makes no sense holds none, and
    /// however long it is, only what was sent is looked at.
    package func runs(first: UInt32, last: UInt32) -> [Run] {
        let from = SerialNumber(first).distance(since: base)
        let through = SerialNumber(last).distance(since: base)
        var runs: [Run] = []
        var index = max(0, from)
        let end = min(through + 1, span)
        while index < end {
            let start = index
            while index < end, waiting[head + index] { index += 1 }
            if index > start {
                let first = base.advanced(by: UInt32(start)).rawValue
                runs.append(Run(first: first, count: index - start))
            } else {
                index += 1
            }
        }
        return runs
    }

    /// These deliveries are over. They have to be out of `runs`.
    package mutating func settle(_ run: Run) {
        let start = head + SerialNumber(run.first).distance(since: base)
        for index in start..<(start + run.count) { waiting[index] = false }
        while head < waiting.count, !waiting[head] {
            head += 1
            base.advance()
        }
        if head > 64 && head * 2 > waiting.count {
            waiting.removeFirst(head)
            head = 0
        }
    }
}
