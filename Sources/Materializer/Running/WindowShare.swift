internal import Bytes
internal import Columns
internal import JSONFlattening
package import StreamLog
internal import StreamModel

/// A part of a window that one task flattens: partitions in order, each from where to where.
struct WindowShare: Sendable {
    struct Part: Sendable {
        let id: PartitionID
        let offsets: Range<Int64>
        /// What its rows may take in memory before it stops short of its end; nil: it does not.
        let byteCount: Int?
    }

    let parts: [Part]
}

/// Offsets without an event that can be read.
package struct StepOver: Sendable, Equatable {
    /// The partition that lacks them.
    package let id: PartitionID
    /// Which offsets, and why.
    package let gap: Gap
    /// Whether we have found it: the log does not know of it yet.
    package let isNew: Bool
}

/// The rows of a share, and what was met on the way.
struct FlattenedShare: Sendable {
    var ranges: [(id: PartitionID, offsets: Range<Int64>)] = []
    var rows: FlattenedRows
    var quarantine: ColumnBatch
    var gaps: [StepOver] = []
    var counts = EventTally()
    var appends: ClosedRange<Int64>?
}

/// Reads a share of the log and flattens it. It only computes: the same share of the same log under
/// the same plan gives the same rows.
struct ShareFlattener: ~Copyable {
    private let store: any PipelineStore
    private var flattener: Flattener
    private var quarantine: QuarantineBuilder
    private var gaps: [StepOver] = []
    private var counts = EventTally()
    private var appends: ClosedRange<Int64>?

    private static let readByteCount = 512 << 10
    /// Of few events no more is read than they may take.
    private static let eventByteCount: Int64 = 1 << 10

    init(_ store: any PipelineStore, _ plan: FlattenPlan, source: String) {
        self.store = store
        flattener = Flattener(plan, source: source)
        quarantine = QuarantineBuilder(source: source)
    }

    consuming func flatten(_ share: WindowShare) async throws(ReadError) -> FlattenedShare {
        var ranges: [(id: PartitionID, offsets: Range<Int64>)] = []
        for part in share.parts {
            guard !Task.isCancelled else { break }
            let end = try await flatten(part)
            if end > part.offsets.lowerBound {
                ranges.append((part.id, part.offsets.lowerBound..<end))
            }
        }
        return FlattenedShare(
            ranges: ranges, rows: flattener.take(), quarantine: quarantine.take(), gaps: gaps,
            counts: counts, appends: appends)
    }

    /// Returns where it stopped.
    private mutating func flatten(
        _ part: WindowShare.Part
    ) async throws(ReadError) -> Int64 {
        var next = part.offsets.lowerBound
        let before = byteCount
        // WHY: looked at after each batch, not each read, so that the same log is cut at the same
        // places whatever it is read through.
        let limit = part.byteCount.map { before + $0 } ?? .max
        while next < part.offsets.upperBound, !Task.isCancelled, byteCount < limit {
            let wanted = min(part.offsets.upperBound - next, 1 << 20) * Self.eventByteCount
            let result = try await store.read(
                part.id, from: next, byteCount: min(Self.readByteCount, Int(wanted)))
            guard !result.items.isEmpty else { break }
            for item in result.items where next < part.offsets.upperBound && byteCount < limit {
                switch item {
                case .gap(let gap):
                    stepOver(gap, in: part.id, from: next, to: part.offsets.upperBound)
                    next = min(gap.offsets.upperBound, part.offsets.upperBound)
                case .batch(let stored):
                    let end = min(stored.batch.endOffset.rawValue, part.offsets.upperBound)
                    flatten(stored, next..<max(next, end))
                    next = max(next, end)
                }
            }
        }
        return next
    }

    private var byteCount: Int { flattener.byteCount + quarantine.byteCount }

    private mutating func stepOver(
        _ gap: Gap, in id: PartitionID, from start: Int64, to end: Int64, isNew: Bool = false
    ) {
        let offsets = max(start, gap.offsets.lowerBound)..<min(end, gap.offsets.upperBound)
        guard !offsets.isEmpty else { return }
        counts.missing &+= offsets.upperBound - offsets.lowerBound
        let part = Gap(offsets: offsets, reason: gap.reason, time: gap.time)
        gaps.append(StepOver(id: id, gap: part, isNew: isNew))
    }

    /// The records of a batch whose offsets lie in `wanted`.
    private mutating func flatten(_ stored: StoredBatch, _ wanted: Range<Int64>) {
        guard !wanted.isEmpty else { return }
        let time = stored.appendTime
        appends = min(appends?.lowerBound ?? time, time)...max(appends?.upperBound ?? time, time)
        var next = wanted.lowerBound
        do throws(BatchError) {
            let decoded = try stored.batch.decoded(limit: LogLimits.decodedByteCountMax)
            let buffer = decoded.recordBytes.rawSpan
            var cursor = decoded.cursor()
            while let view = try cursor.next() {
                let offset = view.offset.rawValue
                guard offset >= next else { continue }
                guard offset < wanted.upperBound else { break }
                var range = 0..<0
                if let value = view.value { range = buffer.byteOffsets(of: value) ?? 0..<0 }
                land(range, of: buffer, stored.partition, offset, time)
                next = offset + 1
            }
        } catch {
            // The bytes are those that were sent, and no records: the rest of the batch is lost.
            let gap = Gap(offsets: next..<wanted.upperBound, reason: .damage, time: time)
            stepOver(
                gap, in: stored.partition, from: next, to: wanted.upperBound, isNew: true)
        }
    }

    private mutating func land(
        _ range: Range<Int>, of buffer: RawSpan, _ id: PartitionID, _ offset: Int64, _ time: Int64
    ) {
        counts.events &+= 1
        let outcome = flattener.flatten(
            range, of: buffer, partition: Int32(id.index), offset: offset)
        switch outcome {
        case .landed: break
        case .landedWithRescues(let count): counts.rescued &+= Int64(count)
        case .quarantined(let reason):
            counts.quarantined &+= 1
            quarantine.append(
                buffer.extracting(range), partition: Int32(id.index), offset: offset, time: time,
                reason)
        }
    }
}
