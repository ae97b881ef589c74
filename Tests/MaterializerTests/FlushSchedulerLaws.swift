import TestKit
import Testing

@testable import Materializer

@Suite("Materializer: when to flush")
struct FlushSchedulerLaws {
    private static func limits(commits: Double = 6, memory: Int = 128 << 20) -> MachineLimits {
        var limits = MachineLimits()
        limits.commitsPerSecond = commits
        limits.memoryByteCount = memory
        return limits
    }

    @Test
    func `what waits is due after its freshness, and not before`() {
        var scheduler = FlushScheduler<Int>(Self.limits(), now: 0)
        scheduler.add(1, FlushLimits(freshness: 5_000))
        scheduler.note(1, eventCount: 3, now: 100)

        #expect(scheduler.next(now: 100) == .wait(until: 5_100))
        #expect(scheduler.next(now: 5_099) == .wait(until: 5_100))
        #expect(scheduler.next(now: 5_100) == .start(1, byteCount: 1 << 20))
        #expect(scheduler.next(now: 5_100) == .wait(until: nil))
    }

    @Test
    func `enough events are due at once`() {
        var scheduler = FlushScheduler<Int>(Self.limits(), now: 0)
        scheduler.add(1, FlushLimits(eventCount: 10))
        scheduler.note(1, eventCount: 10, now: 7)

        #expect(scheduler.next(now: 7) == .start(1, byteCount: 1 << 20))
    }

    @Test
    func `a pipeline with nothing to write is never started`() {
        var scheduler = FlushScheduler<Int>(Self.limits(), now: 0)
        scheduler.add(1, FlushLimits())
        scheduler.note(1, eventCount: 5, now: 0)
        scheduler.note(1, eventCount: 0, now: 1)

        #expect(scheduler.next(now: 1_000_000) == .wait(until: nil))
    }

    @Test
    func `who has waited longest goes first when commits are short`() {
        var scheduler = FlushScheduler<Int>(Self.limits(commits: 1), now: 0)
        for id in [3, 1, 2] {
            scheduler.add(id, FlushLimits(freshness: 0))
            scheduler.note(id, eventCount: 1, now: Int64(10 - id))
        }
        var order: [Int] = []
        var now: Int64 = 10
        while order.count < 3 {
            switch scheduler.next(now: now) {
            case .start(let id, _):
                order.append(id)
                scheduler.finish(id, commitCount: 1, left: 0, now: now)
            case .wait(let until): now = until ?? .max
            }
        }

        #expect(order == [3, 2, 1])
        #expect(now >= 2_000)
    }

    @Test
    func `a pipeline that is held does nothing until its time`() {
        var scheduler = FlushScheduler<Int>(Self.limits(), now: 0)
        scheduler.add(1, FlushLimits(freshness: 0))
        scheduler.note(1, eventCount: 1, now: 0)
        scheduler.hold(1, until: 500)
        #expect(scheduler.next(now: 0) == .wait(until: 500))
        scheduler.hold(1, until: nil)
        #expect(scheduler.next(now: 900) == .wait(until: nil))

        scheduler.hold(1, until: .min)

        #expect(scheduler.next(now: 900) == .start(1, byteCount: 1 << 20))
    }

    @Test
    func `a large flush that has waited too long is not passed by small ones for ever`() {
        var scheduler = FlushScheduler<Int>(Self.limits(memory: 100 << 20), now: 0)
        scheduler.add(1, FlushLimits(freshness: 0, byteCount: 100 << 20))
        scheduler.add(2, FlushLimits(freshness: 0, byteCount: 10 << 20))
        scheduler.note(2, eventCount: 1, now: 0)
        #expect(scheduler.next(now: 0) == .start(2, byteCount: 1 << 20))
        scheduler.note(1, eventCount: 1 << 30, now: 1)
        #expect(scheduler.next(now: 1) == .wait(until: nil))
        scheduler.finish(2, commitCount: 1, left: 5, now: 2)

        #expect(scheduler.next(now: 61_000) == .start(1, byteCount: 100 << 20))
    }

    /// A day of many pipelines: commits stay below the limit, memory below the cap, and nobody
    /// waits longer than a minute and the flushes before him.
    @Test(arguments: 0..<6 as Range<UInt64>)
    func `a machine full of pipelines keeps its limits`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let limits = Self.limits(memory: 64 << 20)
        var scheduler = FlushScheduler<Int>(limits, now: 0)
        let count = Int.random(in: 1...250, using: &generator)
        for id in 0..<count { scheduler.add(id, FlushLimits(byteCount: 32 << 20)) }
        var running: [(id: Int, end: Int64)] = []
        var waiting: [Int: Int64] = [:]
        var starts = 0
        var now: Int64 = 0
        while now < 600_000 {
            for flush in running where flush.end <= now {
                scheduler.finish(flush.id, commitCount: 1, left: 0, now: now)
            }
            running.removeAll { $0.end <= now }
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                let id = Int.random(in: 0..<count, using: &generator)
                guard !running.contains(where: { $0.id == id }) else { continue }
                let size = Int64(1) << Int64.random(in: 0...14, using: &generator)
                scheduler.note(id, eventCount: size, now: now)
                waiting[id] = waiting[id] ?? now
            }
            while case .start(let id, _) = scheduler.next(now: now) {
                let waited = now - (waiting.removeValue(forKey: id) ?? now)
                #expect(waited >= 5_000, "pipeline \(id) was flushed after \(waited) ms")
                #expect(waited <= limits.waitMax + 5_000, "pipeline \(id) waited \(waited) ms")
                starts += 1
                running.append((id, now + Int64.random(in: 1...200, using: &generator)))
            }
            scheduler.checkInvariants()
            now += 100
        }

        #expect(starts > 0)
        // Those that have waited a minute do not ask the limit.
        #expect(Double(starts) <= 600 * max(6, Double(count) / 60) + 6)
    }
}
