/// Telemetry of a few simulated devices, the same for the same seed.
///
/// Each reading is a nested JSON object as real gateways send it: a device, a site whose region may
/// be null, a growing number, a time, a value that wanders, and a list of tags.
package struct DemoTelemetry: Sequence, IteratorProtocol, Sendable {
    private struct Device {
        let name: String
        let group: String
        let region: String?
        let unit: String
        var value: Double
        var count = 0
    }

    private var random: SplitMix
    private var devices: [Device]
    private var left: Int
    private var tick = 0

    private static let kinds = [
        ("pump", "bar", 6.0), ("oven", "celsius", 180.0), ("meter", "kW", 42.0),
        ("tank", "percent", 70.0),
    ]
    /// 2026-07-01T00:00:00Z. Simulated time does not depend on the clock of the machine.
    private static let start: Int64 = 1_782_864_000

    /// `count` readings of twelve devices.
    package init(seed: UInt64, count: Int) {
        random = SplitMix(state: seed)
        left = count
        devices = (0..<12).map { index in
            let (name, unit, value) = Self.kinds[index % Self.kinds.count]
            return Device(
                name: "\(name)-\(index / Self.kinds.count + 1)",
                group: index < 6 ? "plant-north" : "plant-south",
                region: index % 5 == 0 ? nil : "line-\(index % 3 + 1)", unit: unit, value: value)
        }
    }

    /// The next reading, as one line of JSON without its end.
    package mutating func next() -> String? {
        guard left > 0 else { return nil }
        left -= 1
        let index = Int(random.next() % UInt64(devices.count))
        let drift = Double(random.next() % 2001) / 1000 - 1
        devices[index].value += drift * 0.5
        let isGood = random.next() % 50 != 0
        tick += 1
        defer { devices[index].count += 1 }
        return text(of: devices[index], isGood: isGood)
    }

    private func text(of device: Device, isGood: Bool) -> String {
        let seconds = Self.start + Int64(tick / 4)
        let region = device.region.map { "\"\($0)\"" } ?? "null"
        let value = (device.value * 1000).rounded() / 1000
        return """
            {"deviceId":"\(device.name)","site":{"group":"\(device.group)","region":\(region)},\
            "seq":\(device.count),"enqueuedAt":"\(Self.iso8601(seconds))",\
            "reading":{"value":\(value),"unit":"\(device.unit)","quality":{"good":\(isGood)}},\
            "tags":["\(device.group)","\(device.unit)"]}
            """
    }

    private static func iso8601(_ seconds: Int64) -> String {
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        // The simulation begins on the first of a month, and wraps before the month ends.
        let inMonth = (seconds - start) % (28 * 86_400)
        let (day, inDay) = inMonth.quotientAndRemainder(dividingBy: 86_400)
        let time = [inDay / 3600, inDay / 60 % 60, inDay % 60].map(two).joined(separator: ":")
        return "2026-07-\(two(day + 1))T\(time)Z"
    }
}

/// Numbers that look random and follow from a seed (Steele, Lea and Flood, 2014).
private struct SplitMix: Sendable {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
