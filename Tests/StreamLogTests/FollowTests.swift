import StreamModel
import Synchronization
import TestKit
import Testing

@testable import StreamLog

@Suite("StreamLog: followers")
struct FollowTests {
    @Test(.proves(.resumesWhereCommitted))
    func `a follower of a stream that is deleted is told so`() async throws {
        let world = try LogWorld()
        let id = try await world.stream()[0]
        let log = try world.log()
        _ = try await log.append(["a"], to: id)
        let follower = Task { () -> ReadError? in
            do {
                for try await _ in log.follow(id, from: .start) {}
                return nil
            } catch {
                return error as? ReadError
            }
        }
        while log.shared.followers.count == 0 { await Task.yield() }

        try await log.perform(.deleteStream(try StreamName("events")))

        #expect(await follower.value == .unknownStream("incarnation 1"))
        await world.close()
    }

    @Test
    func `whoever waits for news of a deleted stream is woken`() async throws {
        let world = try LogWorld()
        let id = try await world.stream()[0]
        let log = try world.log()
        let woken = Counter()
        let ticket = log.notify(of: [(id, .start)]) { woken.increment() }

        try await log.perform(.deleteStream(try StreamName("events")))
        while woken.value == 0 { await Task.yield() }

        log.cancel(ticket)
        #expect(woken.value == 1)
        #expect(log.shared.followers.count == 0)
        await world.close()
    }

    @Test(.proves(.resumesWhereCommitted))
    func `a follower goes on across rolls`() async throws {
        let world = try LogWorld()
        let id = try await world.stream()[0]
        let log = try world.log()
        let filler = String(repeating: "x", count: 9000)
        let follower = Task { () -> [Int64] in
            var offsets: [Int64] = []
            for try await item in log.follow(id, from: .start) {
                guard case .batch(let stored) = item else { continue }
                offsets.append(stored.batch.header.baseOffset)
                if offsets.count == 120 { break }
            }
            return offsets
        }

        for number in 0..<120 { _ = try await log.append(["\(number)" + filler], to: id) }

        #expect(try await follower.value == Array(0..<120))
        #expect(log.statistics().segmentCount > 2)
        await world.close()
    }

    @Test
    func `a follower whose task is cancelled ends and is forgotten`() async throws {
        let world = try LogWorld()
        let id = try await world.stream()[0]
        let log = try world.log()
        let follower = Task { () -> Int in
            var seen = 0
            for try await _ in log.follow(id, from: .start) { seen += 1 }
            return seen
        }
        while log.shared.followers.count == 0 { await Task.yield() }

        follower.cancel()

        #expect(try await follower.value == 0)
        #expect(log.shared.followers.count == 0)
        await world.close()
    }
}
