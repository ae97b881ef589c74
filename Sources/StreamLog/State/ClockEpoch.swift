internal import Bytes

/// A stretch of blocks in which the wall clock ran evenly with the boot clock.
struct ClockEpoch: Equatable, Sendable {
    let number: UInt32
    /// A fingerprint of the system's boot id: another one means the machine was started again.
    let boot: UInt64
    let firstBlock: BlockNumber
    /// The wall clock's first reading in the epoch, in milliseconds since 1970.
    let firstWall: Int64
    /// The wall clock's last reading before the epoch.
    let previousWall: Int64

    func encode(into writer: inout ByteWriter) {
        writer.append(varint: UInt64(number))
        writer.append(varint: boot)
        writer.append(varint: firstBlock.rawValue)
        writer.append(zigzag: firstWall)
        writer.append(zigzag: previousWall)
    }

    init(_ reader: inout ByteReader) throws(DecodeError) {
        let start = reader.position
        guard let number = UInt32(exactly: try reader.varint()) else {
            throw .badValue(position: start)
        }
        self.number = number
        boot = try reader.varint()
        firstBlock = BlockNumber(rawValue: try reader.varint())
        firstWall = try reader.zigzag()
        previousWall = try reader.zigzag()
    }

    init(
        number: UInt32, boot: UInt64, firstBlock: BlockNumber, firstWall: Int64,
        previousWall: Int64
    ) {
        self.number = number
        self.boot = boot
        self.firstBlock = firstBlock
        self.firstWall = firstWall
        self.previousWall = previousWall
    }
}
