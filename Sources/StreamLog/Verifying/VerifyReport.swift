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

    /// Whether nothing is wrong, not even what does no harm.
    package var isClean: Bool { damage.isEmpty }
}
