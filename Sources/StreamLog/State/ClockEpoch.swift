internal import Bytes

/// A stretch of blocks in which the wall clock ran evenly with the boot clock, and was either
/// trusted or not.
struct ClockEpoch: Equatable, Sendable {
    let number: UInt32
    /// A fingerprint of the system's boot id: another one means the machine was started again.
    let boot: UInt64
    let firstBlock: BlockNumber
    /// The wall clock's first reading in the epoch, in milliseconds since 1970.
    let firstWall: Int64
    /// The wall clock's last reading before the epoch.
    let previousWall: Int64
    /// Whether the wall clock was known to be synchronised.
    let isWallTrusted: Bool

    func encode(into writer: inout ByteWriter) {
        writer.append(varint: UInt64(number))
        writer.append(varint: boot)
        writer.append(varint: firstBlock.rawValue)
        writer.append(zigzag: firstWall)
        writer.append(zigzag: previousWall)
        writer.append(isWallTrusted ? 1 : 0)
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
        let place = reader.position
        let trust = try reader.byte()
        guard trust <= 1 else { throw .badValue(position: place) }
        isWallTrusted = trust == 1
    }

    /// The same epoch where blocks have other numbers.
    func renumbered(_ number: (BlockNumber) -> BlockNumber) -> ClockEpoch {
        ClockEpoch(
            number: self.number, boot: boot, firstBlock: number(firstBlock), firstWall: firstWall,
            previousWall: previousWall, isWallTrusted: isWallTrusted)
    }

    init(
        number: UInt32, boot: UInt64, firstBlock: BlockNumber, firstWall: Int64,
        previousWall: Int64, isWallTrusted: Bool
    ) {
        self.number = number
        self.boot = boot
        self.firstBlock = firstBlock
        self.firstWall = firstWall
        self.previousWall = previousWall
        self.isWallTrusted = isWallTrusted
    }
}
