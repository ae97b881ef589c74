internal import Bytes

/// The clocks at one moment, as a block records them.
struct ClockReading: Equatable, Sendable {
    static let byteCount = 28

    /// Milliseconds since 1970, UTC, as the machine believed.
    var wall: Int64
    /// Milliseconds since the machine started, sleep included.
    var boot: Int64
    /// Milliseconds that the store has existed while somebody could tell: what retention goes by.
    var age: Int64
    /// Counts the stretches in which the wall clock ran evenly with the boot clock.
    var epoch: UInt32

    init(wall: Int64, boot: Int64, age: Int64, epoch: UInt32) {
        self.wall = wall
        self.boot = boot
        self.age = age
        self.epoch = epoch
    }

    func encode(into writer: inout ByteWriter) {
        writer.append(bigEndian: wall)
        writer.append(bigEndian: boot)
        writer.append(bigEndian: age)
        writer.append(bigEndian: epoch)
    }

    init(_ reader: inout ByteReader) throws(DecodeError) {
        wall = try reader.integer()
        boot = try reader.integer()
        age = try reader.integer()
        epoch = try reader.integer()
    }
}
