import StreamLog

/// One partition as it has to be: every event that anybody was ever shown at an offset.
struct ModelPartition {
    /// An event that has its place.
    struct Placed: Equatable {
        let id: EventID
        /// The simulation's true age when the event was seen first.
        let age: Int64
        /// What its batch says of the time.
        let appendTime: Int64
    }

    /// By offset. Never taken back: an offset means one event for ever.
    private(set) var placed: [Int64: Placed] = [:]
    /// The offset that the next event gets.
    private(set) var end: Int64 = 0
    /// Offsets that a gap was once reported for, and why: they do not come back.
    private(set) var gone: [Int64: Gap.Reason] = [:]

    /// An event was found behind all that are known.
    mutating func place(_ event: Placed, at offset: Int64) throws(Violation) {
        try require(offset == end, "P2", "offset \(offset) follows \(end - 1)")
        placed[offset] = event
        end = offset + 1
    }

    /// An event was found where there should be one.
    func check(_ id: EventID, at offset: Int64) throws(Violation) {
        guard let known = placed[offset] else {
            throw Violation("P2", "\(id) stands at \(offset), where none was")
        }
        try require(known.id == id, "P2", "offset \(offset) was \(known.id) and is \(id)")
        try require(gone[offset] == nil, "P4", "offset \(offset) was reported gone and is there")
    }

    /// A gap was found that reaches beyond all that was known.
    mutating func skip(_ gap: Gap) {
        for offset in end..<gap.offsets.upperBound { gone[offset] = gap.reason }
        end = gap.offsets.upperBound
    }

    /// A gap was found. Its offsets that are new in a gap are returned.
    mutating func note(_ gap: Gap) -> [Int64] {
        var new: [Int64] = []
        for offset in gap.offsets where gone[offset] == nil && offset < end {
            gone[offset] = gap.reason
            new.append(offset)
        }
        return new
    }
}
