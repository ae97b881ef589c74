import StreamModel
import TestKit
import Testing

@testable import StreamLog

@Suite("StreamLog: a wall clock that is not to be trusted")
struct TrustTests {
    private static let day: Int64 = 86_400_000

    private func keeper(_ time: SystemTime) -> AgeKeeper {
        var keeper = AgeKeeper(
            after: ClockReading(wall: 0, boot: 0, age: 0, epoch: 0), in: [])
        _ = keeper.advance(to: time, block: BlockNumber(rawValue: 1))
        return keeper
    }

    @Test(.proves(.clockJumpsAreHarmless))
    func `time powered off does not count from a reading that was not trusted`() {
        var keeper = keeper(
            SystemTime(wall: 0, boot: 5000, bootID: 1, isWallTrusted: false))
        let later = SystemTime(
            wall: 55 * 365 * Self.day, boot: 10, bootID: 2, isWallTrusted: true)

        let reading = keeper.advance(to: later, block: BlockNumber(rawValue: 2)).reading

        #expect(reading.age == 0)
    }

    /// A synchronised clock that falls back by years, as after a week rollover of GPS, and is right
    /// after the next start; the log goes on in the same process, or is opened again.
    @Test(.proves(.clockJumpsAreHarmless), arguments: [true, false])
    func `a trusted clock that fell back before the power went ages nothing`(
        isOpenedAgain: Bool
    ) async throws {
        let world = try LogWorld { $0.retentionAge = Self.day }
        let id = try await world.stream()[0]
        for _ in 0..<30 { _ = try await world.log().append([filler], to: id) }
        world.clock.jump(-20 * 365 * Self.day)
        _ = try await world.log().append([filler], to: id)
        if isOpenedAgain { _ = try await world.reopen().append([filler], to: id) }
        world.clock.jump(20 * 365 * Self.day)
        world.clock.restart(after: Self.day / 2)

        let log = try await world.reopen()
        _ = try await log.append([filler], to: id)
        world.clock.advance(2000)
        _ = try await log.append([filler], to: id)

        #expect(try log.bounds(of: id).lowerBound == 0)
        #expect(log.statistics().age == Self.day / 2 + 2000)
        await world.close()
    }

    @Test
    func `an epoch begins where the clock becomes trusted`() {
        var time = SystemTime(wall: 9000, boot: 5000, bootID: 1, isWallTrusted: false)
        var keeper = keeper(time)
        time.isWallTrusted = true

        let begun = keeper.advance(to: time, block: BlockNumber(rawValue: 2))

        #expect(begun.newEpoch?.isWallTrusted == true)
        #expect(begun.reading.epoch == 2)
        #expect(keeper.advance(to: time, block: BlockNumber(rawValue: 3)).newEpoch == nil)
    }

    @Test(.proves(.clockJumpsAreHarmless))
    func `a start with a clock in 1970 expires nothing once the time is known`() async throws {
        let world = try LogWorld { $0.retentionAge = Self.day }
        let id = try await world.stream()[0]
        world.clock.restart(after: -1_690_000_000_000, isWallTrusted: false)
        for _ in 0..<30 { _ = try await world.log().append([filler], to: id) }
        world.clock.restart(after: 1_690_000_000_000)

        let log = try await world.reopen()
        for _ in 0..<30 { _ = try await log.append([filler], to: id) }
        world.clock.advance(2000)
        _ = try await log.append([filler], to: id)

        #expect(try log.bounds(of: id) == 0...61)
        await world.close()
    }

    @Test(.proves(.clockJumpsAreHarmless))
    func `a search prefers the stretch in which the clock was trusted`() async throws {
        let world = try LogWorld()
        let id = try await world.stream()[0]
        let log = try world.log()
        // The clock says tomorrow before it is set, and a day later it is tomorrow.
        world.clock.restart(after: Self.day, isWallTrusted: false)
        for _ in 0..<3 { _ = try await append(log, id, world) }
        world.clock.restart(after: -Self.day)
        for _ in 0..<3 { _ = try await append(log, id, world) }
        world.clock.advance(Self.day - 3 * 60_000)

        let time = Timestamp(milliseconds: world.clock.read().wall - 1)
        for _ in 0..<3 { _ = try await append(log, id, world) }

        #expect(try log.offset(of: id, at: time, by: .append).rawValue == 6)
        await world.close()
    }

    private let filler = String(repeating: "x", count: 20_000)

    private func append(_ log: StreamLog, _ id: PartitionID, _ world: LogWorld) async throws {
        _ = try await log.append(["event"], to: id)
        world.clock.advance(60_000)
    }
}
