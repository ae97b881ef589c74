import TestKit

enum Sample {
    /// Bytes without any pattern.
    static func random(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        return generator.bytes(count)
    }

    /// At least `count` bytes of events that resemble each other.
    static func events(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var number = 0
        while bytes.count < count {
            number += 1
            bytes += Array(
                "{\"device\":\"pump-\(number % 7)\",\"reading\":\(number * 37 % 1000)}".utf8)
        }
        return bytes
    }
}
