/// What a pass over every byte of a log found.
package struct VerifyReport: Sendable, Equatable {
    /// How many segments were read.
    package internal(set) var segmentCount = 0
    /// How many commit blocks were read.
    package internal(set) var blockCount = 0
    /// How many record batches were read, damaged ones included.
    package internal(set) var batchCount = 0
    /// How many records the batches say they hold.
    package internal(set) var recordCount = 0
    /// Of the segment files.
    package internal(set) var byteCount = 0
    /// In the order of the segments.
    package internal(set) var damage: [Damage] = []

    /// Takes in what was found elsewhere.
    mutating func add(_ other: VerifyReport) {
        segmentCount += other.segmentCount
        blockCount += other.blockCount
        batchCount += other.batchCount
        recordCount += other.recordCount
        byteCount += other.byteCount
        damage += other.damage
    }

    /// Whether nothing is wrong, not even what does no harm.
    package var isClean: Bool { damage.isEmpty }
}

/// How closely a log is looked at.
package enum VerifyDepth: Sendable, Equatable {
    /// Every byte is held against its checksum: whether all of it is as it was written.
    case checksums
    /// Each batch is decompressed and its records are read, too: whether what was written is sound.
    /// It takes several times as long, and no damage of a disk is found only so.
    case records
}
