import StreamModel
import TestKit
import Testing

@testable import StreamLog

@Suite("StreamLog: clocks and time searches")
struct TimeTests {
    private static let hour: Int64 = 3_600_000

    /// Appends an event an hour, `count` times; the answer is when each was appended.
    private func append(
        _ count: Int, to id: PartitionID, _ world: LogWorld
    ) async throws -> [Int64] {
        var times: [Int64] = []
        for _ in 0..<count {
            times.append(world.clock.read().wall)
            _ = try await world.log().append(
                [record("event", at: world.clock.read().wall)], to: id)
            world.clock.advance(Self.hour)
        }
        return times
    }

    private func found(_ time: Int64, _ id: PartitionID, _ world: LogWorld) throws -> Int64 {
        try world.log().offset(of: id, at: Timestamp(milliseconds: time), by: .append).rawValue
    }

    @Test
    func `a search finds the first event at or after a time`() async throws {
        let world = try LogWorld()
        let id = try await world.stream()[0]
        let times = try await append(20, to: id, world)

        for (offset, time) in times.enumerated() {
            #expect(try found(time, id, world) == Int64(offset))
            #expect(try found(time + 1, id, world) == Int64(offset + 1))
        }
        #expect(try found(0, id, world) == 0)
        await world.close()
    }

    @Test(.proves(.clockJumpsAreHarmless))
    func `a clock that was twenty years ahead misleads no search afterwards`() async throws {
        let world = try LogWorld()
        let id = try await world.stream()[0]
        let years = 20 * 365 * 24 * Self.hour
        let before = try await append(5, to: id, world)
        world.clock.jump(years)
        _ = try await append(5, to: id, world)
        world.clock.jump(-years)
        let after = try await append(5, to: id, world)

        let log = try await world.reopen()

        for (place, time) in before.enumerated() {
            #expect(try found(time, id, world) == Int64(place))
        }
        for (place, time) in after.enumerated() {
            #expect(try found(time, id, world) == Int64(10 + place))
        }
        #expect(try log.bounds(of: id) == 0...15)
        await world.close()
    }

    @Test(.proves(.clockJumpsAreHarmless))
    func `a clock that was a day behind misleads no search afterwards`() async throws {
        let world = try LogWorld()
        let id = try await world.stream()[0]
        let before = try await append(5, to: id, world)
        world.clock.jump(-24 * Self.hour)
        _ = try await append(5, to: id, world)
        world.clock.jump(24 * Self.hour)
        let after = try await append(5, to: id, world)

        for (place, time) in before.enumerated() {
            #expect(try found(time, id, world) == Int64(place))
        }
        for (place, time) in after.enumerated() {
            #expect(try found(time, id, world) == Int64(10 + place))
        }
        await world.close()
    }

    @Test
    func `searches by create time go by the events, but for those that cannot be`() async throws {
        let world = try LogWorld()
        let id = try await world.stream()[0]
        let log = try world.log()
        let now = world.clock.read().wall
        let created = [now - 5000, now - 3000, now + 300 * 24 * Self.hour, now - 1000]
        for time in created { _ = try await log.append([record("event", at: time)], to: id) }

        func found(_ time: Int64) throws -> Int64 {
            try log.offset(of: id, at: Timestamp(milliseconds: time), by: .create).rawValue
        }

        #expect(try found(now - 5000) == 0)
        #expect(try found(now - 4000) == 1)
        // The third says that it is from next year: a search takes the time it came.
        #expect(try found(now - 1500) == 2)
        #expect(try found(now + 1) == 4)
        await world.close()
    }

    @Test
    func `time powered off counts only when the clock can be trusted`() {
        let start = SystemTime(wall: 1_000_000, boot: 5000, bootID: 1, isWallTrusted: true)
        var trusted = AgeKeeper(
            after: ClockReading(wall: 0, boot: 0, age: 0, epoch: 0), in: [])
        _ = trusted.advance(to: start, block: BlockNumber(rawValue: 1))
        var doubted = trusted
        var later = SystemTime(wall: 9_000_000, boot: 10, bootID: 2, isWallTrusted: true)

        let counted = trusted.advance(to: later, block: BlockNumber(rawValue: 2))
        later.isWallTrusted = false
        let ignored = doubted.advance(to: later, block: BlockNumber(rawValue: 2))

        #expect(counted.reading.age == 8_000_000)
        #expect(ignored.reading.age == 0)
        #expect(counted.newEpoch != nil && ignored.newEpoch != nil)
    }

    @Test(.proves(.opensInConstantTime))
    func `opening reads no segment but the newest`() async throws {
        let world = try LogWorld()
        let id = try await world.stream()[0]
        let filler = String(repeating: "x", count: 50_000)
        for number in 0..<100 { _ = try await world.log().append(["\(number) \(filler)"], to: id) }
        await world.close()
        let files = try world.segmentFiles()
        for name in files.dropLast() {
            try world.overwrite(name, at: 0, with: [UInt8](repeating: 0xEE, count: 4096))
        }

        let log = try world.log()
        let offset = try await log.append(["more"], to: id)

        #expect(offset == .appended(Offset(100)!))
        #expect(log.damageFound.isEmpty)
        await world.close()
    }
}
