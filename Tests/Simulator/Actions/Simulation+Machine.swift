import DurableFiles
import StreamLog

/// What the machine does to the store.
extension Simulation {
    // MARK: Clocks

    func advance() {
        let longest = chance(15) ? 7_200_000 : 5_000
        let time = Int64(draw(1...longest))
        clock.advance(time)
        hubs?.tick(at: clock.read().boot)
        trace.note("  \(time) ms")
    }

    /// The wall clock is set wrong, by up to a year either way.
    func jump() {
        let far = [1_000, 60_000, 7_200_000, 31_536_000_000]
        let time = Int64(draw(1...(pick(far) ?? 1)))
        clock.jump(chance(50) ? time : -time)
        trace.note("  \(clock.error) ms off")
    }

    func healClock() { clock.heal() }

    // MARK: Ends

    /// The process is gone in the middle of its work, at some call that changes a file; perhaps the
    /// machine with it, and what it had not flushed.
    func crash() async throws {
        let step = draw(1...14)
        disk.die(atStep: step)
        try workUnderWay()
        try turn()
        try await end(losing: chance(50) ? random.next() : nil)
        trace.note("  at step \(step)")
    }

    /// Closes what is left of a store whose disk is dead, and opens it again.
    func end(losing draw: UInt64?) async throws {
        await close()
        let lost = draw.map { disk.losePower($0) }
        disk.heal()
        if let lost {
            trace.note("  \(lost) writes lost")
            clock.restart(after: Int64(self.draw(1...3_600_000)))
        }
        try open()
        try checkAll()
    }

    /// What a crash or a failing disk comes into.
    private func workUnderWay() throws {
        for _ in 0..<draw(1...3) {
            switch draw(0...4) {
            case 0: try commitPosition()
            case 1: try appendNumbered()
            case 2: try burst()
            case 3: try useHubs()
            default: try append()
            }
        }
    }

    func restart() async throws {
        await close()
        if chance(30) { clock.restart(after: Int64(draw(1...3_600_000))) }
        try open()
        try checkAll()
    }

    // MARK: The disk

    /// Some calls fail, and the store has to go on without losing its word.
    func failDisk() async throws {
        let calls = ["fdatasync", "pwrite", "pwritev", "openat", "rename", "any", "any"]
        let call = pick(calls) ?? "any"
        let rule =
            "\(call):\(draw(1...8)):\(chance(50) ? "EIO" : "ENOSPC"):\(draw(1...3))"
            + (call.hasPrefix("pwrite") && chance(30) ? ":short:\(draw(1...8) * 512)" : "")
        trace.note("  \(rule)")
        disk.fail(by: rule)
        try workUnderWay()
        disk.heal()
        try turn()
        guard log.statistics().failure != nil else { return }
        trace.note("  stopped")
        try await end(losing: nil)
    }

    /// One bit of a closed segment, or of its index, is another.
    func flip() throws {
        guard let segment = pick(log.segmentPaths().dropLast()) else { return }
        let path = chance(80) ? segment : String(segment.dropLast(3)) + "idx"
        guard let file = try? File(path, .writing), let reader = try? File(path, .reading),
            let size = try? file.status().byteCount, size > 0
        else { return }
        let place = draw(0...(size - 1))
        guard let byte = try reader.read(at: place, count: 1).first else { return }
        try file.write([byte ^ (1 << UInt8(draw(0...7)))], at: place)
        try file.sync()
        flipsLeft += 1
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        trace.note("  byte \(place) of \(name)")
        if chance(50) { try checkAll() }
    }
}
