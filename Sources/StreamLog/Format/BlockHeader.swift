internal import Bytes

/// The fixed head of a commit block. Integers are big-endian.
///
///     0       4         6       8      16       24      32      40     48      52
///     ┌───────┬─────────┬───────┬──────┬────────┬───────┬───────┬──────┬───────┐
///     │ magic │ version │ flags │ salt │ number │ wall  │ boot  │ age  │ epoch │
///     └───────┴─────────┴───────┴──────┴────────┴───────┴───────┴──────┴───────┘
///     52      56        60          64         68         72
///     ┌───────┬─────────┬───────────┬──────────┬──────────┐
///     │ chain │ changes │ directory │ block    │ reserved │
///     │       │ bytes   │ entries   │ bytes    │          │
///     └───────┴─────────┴───────────┴──────────┴──────────┘
struct BlockHeader: Equatable, Sendable {
    static let byteCount = 72
    static let magic: UInt32 = 0x4D52_424B  // "MRBK"
    static let version = LogLimits.formatVersion

    /// The random number of the segment: a payload cannot pretend to be a block without knowing it.
    var salt: UInt64
    var number: BlockNumber
    var clock: ClockReading
    /// The envelope checksum of the block before this one, in whichever segment that is.
    var chain: UInt32
    var changesByteCount: Int
    var directoryCount: Int
    /// Of the whole value, padding and trailing envelope included.
    var blockByteCount: Int

    func encode(into writer: inout ByteWriter) {
        let start = writer.count
        writer.append(bigEndian: Self.magic)
        writer.append(bigEndian: Self.version)
        writer.append(bigEndian: UInt16(0))
        writer.append(bigEndian: salt)
        writer.append(bigEndian: number.rawValue)
        clock.encode(into: &writer)
        writer.append(bigEndian: chain)
        writer.append(bigEndian: UInt32(changesByteCount))
        writer.append(bigEndian: UInt32(directoryCount))
        writer.append(bigEndian: UInt32(blockByteCount))
        writer.append(bigEndian: UInt32(0))
        assert(writer.count - start == Self.byteCount, "the drawing above is out of date")
    }

    /// Nil when the bytes do not begin like a block: there is nothing to complain about then.
    init?(_ reader: inout ByteReader) throws(DecodeError) {
        guard try reader.integer(as: UInt32.self) == Self.magic,
            try reader.integer(as: UInt16.self) == Self.version,
            try reader.integer(as: UInt16.self) == 0
        else { return nil }
        salt = try reader.integer()
        number = BlockNumber(rawValue: try reader.integer())
        clock = try ClockReading(&reader)
        chain = try reader.integer()
        changesByteCount = Int(try reader.integer(as: UInt32.self))
        directoryCount = Int(try reader.integer(as: UInt32.self))
        blockByteCount = Int(try reader.integer(as: UInt32.self))
        guard try reader.integer(as: UInt32.self) == 0,
            2 * envelopeByteCount + BlockEnvelope.footerByteCount <= blockByteCount,
            blockByteCount <= LogLimits.blockByteCountMax
        else { return nil }
    }

    init(
        salt: UInt64, number: BlockNumber, clock: ClockReading, chain: UInt32,
        changesByteCount: Int, directoryCount: Int, blockByteCount: Int
    ) {
        self.salt = salt
        self.number = number
        self.clock = clock
        self.chain = chain
        self.changesByteCount = changesByteCount
        self.directoryCount = directoryCount
        self.blockByteCount = blockByteCount
    }

    /// Header, changes, directory and checksum.
    var envelopeByteCount: Int {
        Self.byteCount + changesByteCount + directoryCount * DirectoryEntry.byteCount + 4
    }
}

/// The place of a block in the chain. The first block of a store has number 1.
struct BlockNumber: Hashable, Comparable, Sendable {
    static let last = BlockNumber(rawValue: .max)

    let rawValue: UInt64

    static func < (left: BlockNumber, right: BlockNumber) -> Bool { left.rawValue < right.rawValue }

    var next: BlockNumber { BlockNumber(rawValue: rawValue &+ 1) }
    var previous: BlockNumber { BlockNumber(rawValue: rawValue &- 1) }
}
