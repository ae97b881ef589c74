internal import AMQP
internal import AMQPFuzz

/// Runs hostile streams, and prints how it went. Ends with status 1 at the first that fails.
func fuzz(from seed: UInt64, count: UInt64) {
    var messages = 0
    var bytes = 0
    var conditions: [String: Int] = [:]
    var early = 0
    for index in 0..<count {
        if index == count / 10 { early = residentKibibytes() }
        for role in [ConnectionEngine.Role.server, .client] {
            let stream = DrawnStream.bytes(seed: seed &+ index, to: role)
            var run = HostileRun(role, seed: seed &+ index)
            do {
                try run.run(stream)
            } catch {
                stop("seed \(seed &+ index), \(role): \(error)")
            }
            messages += run.messageCount
            bytes += stream.count
            conditions[run.condition?.text ?? "-", default: 0] += 1
        }
    }
    print("streams \(count * 2), bytes \(bytes), messages \(messages)")
    print("resident KiB \(early) -> \(residentKibibytes())")
    for (condition, count) in conditions.sorted(by: { $0.value > $1.value }) {
        print("  \(condition) \(count)")
    }
}

/// What the process holds in memory, as the kernel counts it.
func residentKibibytes() -> Int {
    let fields = readSmallFile("/proc/self/statm").split(separator: " ")
    return fields.count > 1 ? (Int(fields[1]) ?? 0) * 4 : 0
}
