/// What a pass over every byte of a log found.
package struct VerifyReport: Sendable, Equatable {
    package internal(set) var segmentCount = 0
    package internal(set) var blockCount = 0
    package internal(set) var batchCount = 0
    package internal(set) var recordCount = 0
    /// Of the segment files.
    package internal(set) var byteCount = 0
    /// In the order of the segments.
    package internal(set) var damage: [Damage] = []

    package var isClean: Bool { damage.isEmpty }
}
