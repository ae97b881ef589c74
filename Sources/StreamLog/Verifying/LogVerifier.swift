internal import Dispatch
internal import DurableFiles
internal import Glibc
internal import StreamModel
internal import Synchronization

/// Reads everything of a log and compares it with everything that was ever said about it: both
/// copies of headers, snapshots and envelopes, the chain, every batch, LMDB's tree and the indexes.
///
/// It writes nothing, and reads with `pread` alone, so it may run beside the log's writer. Segments
/// are read side by side, as many as there are cores: one core does not keep up with a fast disk.
/// Beside a writer it is one at a time, which leaves the others to those who append.
struct LogVerifier: Sendable {
    private let log: LogDirectory
    private let pageByteCount: Int
    /// Of a log that is being written: the active segment, and the last block that is durable.
    private let active: Active?
    private let depth: VerifyDepth

    struct Active {
        let segment: UInt64
        let last: BlockNumber
    }

    /// Each has some blocks in memory, and read-ahead in flight.
    private static let workerCountMax = 8

    init(_ log: LogDirectory, pageByteCount: Int, active: Active?, depth: VerifyDepth) {
        self.log = log
        self.pageByteCount = pageByteCount
        self.active = active
        self.depth = depth
    }

    /// `progress` is told after each segment, on any thread, how many of how many are done.
    func run(
        _ segments: [UInt64], progress: @Sendable (Int, Int) -> Void
    ) throws(FileFault) -> VerifyReport {
        let segments = segments.filter { $0 <= active?.segment ?? .max }
        guard let first = segments.first, let last = segments.last else { return VerifyReport() }
        let found = try findings(in: segments, progress)
        // What the newest whole snapshot says of the ids that segments have.
        let lineage = segments.reversed().lazy.compactMap { found[$0]?.lineage }.first
        var report = VerifyReport()
        var before: SegmentFindings.End?
        for number in first...last {
            guard let findings = found[number] else {
                report.damage.append(damage(number, .missingSegment))
                before = nil
                continue
            }
            report.add(findings.file)
            guard let header = findings.header else {
                before = nil
                continue
            }
            guard header.segment == number,
                lineage.map({ $0.store(of: number) == header.store }) ?? true
            else {
                report.damage.append(damage(number, .foreign))
                before = nil
                continue
            }
            if let before, before.block < header.lastBlock {
                report.damage.append(damage(before.segment, .missingBlock, before.block.next))
            }
            report.add(findings.blocks)
            before = findings.end
        }
        return report
    }

    private func damage(
        _ segment: UInt64, _ detail: Damage.Detail, _ block: BlockNumber? = nil
    ) -> Damage {
        Damage(segment: segment, path: log.path(ofSegment: segment), block: block, detail)
    }

    /// What each segment holds, by its number.
    private func findings(
        in segments: [UInt64], _ progress: @Sendable (Int, Int) -> Void
    ) throws(FileFault) -> [UInt64: SegmentFindings] {
        struct Work {
            var next = 0
            var found: [UInt64: SegmentFindings] = [:]
            var fault: FileFault?
        }
        let work = Mutex(Work())
        DispatchQueue.concurrentPerform(iterations: workerCount(segments.count)) { _ in
            while true {
                let place = work.withLock { work -> Int? in
                    guard work.next < segments.count, work.fault == nil else { return nil }
                    defer { work.next += 1 }
                    return work.next
                }
                guard let place else { return }
                let one = Result { () throws(FileFault) in try findings(in: segments[place]) }
                let done = work.withLock { work in
                    switch one {
                    case .success(let findings): work.found[segments[place]] = findings
                    case .failure(let fault): work.fault = work.fault ?? fault
                    }
                    return work.found.count
                }
                progress(done, segments.count)
            }
        }
        return try work.withLock { work throws(FileFault) in
            if let fault = work.fault { throw fault }
            return work.found
        }
    }

    private func workerCount(_ segmentCount: Int) -> Int {
        guard active == nil else { return 1 }
        return min(segmentCount, Self.workerCountMax, max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    }

    private func findings(in number: UInt64) throws(FileFault) -> SegmentFindings {
        do throws(FileFault) {
            return try SegmentVerifier(
                number, of: log, pageByteCount: pageByteCount, active: active, depth: depth
            ).run()
        } catch {
            // Retention may have removed it since the list was made.
            if error.isMissing && active != nil { return SegmentFindings() }
            guard error.operation == .read || error.isMissing else { throw error }
            var findings = SegmentFindings()
            findings.file.damage.append(damage(number, .unreadable(.file(error))))
            return findings
        }
    }
}
