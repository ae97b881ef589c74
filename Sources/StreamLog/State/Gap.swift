internal import Bytes

/// Offsets of a partition that no event has, or whose events are gone, and why.
public struct Gap: Hashable, Sendable {
    /// Why there is nothing to read.
    public enum Reason: UInt8, Sendable, CaseIterable {
        /// Removed by size or age, as configured.
        case retention = 1
        /// Removed at the disk budget before retention asked for it.
        case diskPressure
        /// The bytes on the disk are not those that were written.
        case damage
        /// Jumped over, because it could not be proven which offsets had been issued.
        case unproven
    }

    /// The first offset of the gap, and the first one after it.
    public let offsets: Range<Int64>
    /// Why there is nothing to read.
    public let reason: Reason
    /// When it was recorded: milliseconds since 1970, UTC.
    public let time: Int64

    /// A gap that was recorded at `time`, in milliseconds since 1970, UTC.
    package init(offsets: Range<Int64>, reason: Reason, time: Int64) {
        self.offsets = offsets
        self.reason = reason
        self.time = time
    }

    func encode(into writer: inout ByteWriter) {
        writer.append(varint: UInt64(offsets.lowerBound))
        writer.append(varint: UInt64(offsets.upperBound))
        writer.append(reason.rawValue)
        writer.append(zigzag: time)
    }

    init(_ reader: inout ByteReader) throws(DecodeError) {
        let start = reader.position
        let lower = try reader.offset()
        let upper = try reader.offset()
        guard lower < upper, let reason = Reason(rawValue: try reader.byte()) else {
            throw .badValue(position: start)
        }
        self.init(offsets: lower..<upper, reason: reason, time: try reader.zigzag())
    }
}

extension Gap.Reason: CustomStringConvertible {
    /// One word, as commands print it.
    public var description: String {
        switch self {
        case .retention: "retention"
        case .diskPressure: "disk-pressure"
        case .damage: "damage"
        case .unproven: "unproven"
        }
    }
}

/// The gaps of one partition, in order, without overlap; neighbours of one reason are one gap.
struct GapList: Equatable, Sendable {
    private(set) var gaps: [Gap] = []

    /// Adds a gap. Where it overlaps others, what was known before keeps its reason.
    mutating func insert(_ gap: Gap) {
        var rest = gap.offsets
        var pieces: [Gap] = []
        for known in gaps where known.offsets.overlaps(rest) {
            if rest.lowerBound < known.offsets.lowerBound {
                pieces.append(gap.with(rest.lowerBound..<known.offsets.lowerBound))
            }
            rest = min(known.offsets.upperBound, rest.upperBound)..<rest.upperBound
        }
        if !rest.isEmpty { pieces.append(gap.with(rest)) }
        gaps = merged(gaps + pieces)
        checkInvariants()
    }

    /// Makes everything before `offset` one gap: the log starts there.
    mutating func trim(to offset: Int64, reason: Gap.Reason, time: Int64) {
        gaps.removeAll { $0.offsets.upperBound <= offset }
        if let first = gaps.first, first.offsets.lowerBound < offset {
            gaps[0] = first.with(offset..<first.offsets.upperBound)
        }
        gaps = merged([Gap(offsets: 0..<offset, reason: reason, time: time)] + gaps)
        checkInvariants()
    }

    /// The gap that holds `offset`.
    func gap(at offset: Int64) -> Gap? { gaps.first { $0.offsets.contains(offset) } }

    /// Where the first gap after `offset` begins.
    func start(after offset: Int64) -> Int64? {
        gaps.first { $0.offsets.lowerBound > offset }?.offsets.lowerBound
    }

    private func merged(_ all: [Gap]) -> [Gap] {
        var result: [Gap] = []
        for gap in all.sorted(by: { $0.offsets.lowerBound < $1.offsets.lowerBound }) {
            guard let last = result.last, last.reason == gap.reason,
                last.offsets.upperBound == gap.offsets.lowerBound
            else {
                result.append(gap)
                continue
            }
            result[result.count - 1] = Gap(
                offsets: last.offsets.lowerBound..<gap.offsets.upperBound, reason: gap.reason,
                time: max(last.time, gap.time))
        }
        return result
    }

    func checkInvariants() {
        assert(
            zip(gaps, gaps.dropFirst()).allSatisfy {
                $0.offsets.upperBound <= $1.offsets.lowerBound
            }, "gaps overlap: \(gaps)")
    }
}

extension Gap {
    fileprivate func with(_ offsets: Range<Int64>) -> Gap {
        Gap(offsets: offsets, reason: reason, time: time)
    }
}
