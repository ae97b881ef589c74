internal import StreamModel

extension LogState {
    /// The state with every partition's offsets, and the numbers of streams and producers, past
    /// all that may have been issued in blocks that are gone, or by another copy of the store.
    func jumped(now: Int64, sparing proven: Set<PartitionID> = []) -> LogState {
        var jumped = self
        for stream in streams.values {
            for (index, partition) in stream.partitions.enumerated() {
                let id = PartitionID(stream.definition.incarnation, UInt32(index))
                guard !proven.contains(id) else { continue }
                let end = min(partition.end + LogLimits.offsetJump, LogLimits.offsetMax)
                guard partition.end < end else { continue }
                let gap = Gap(offsets: partition.end..<end, reason: .unproven, time: now)
                jumped.apply([.gap(id, gap), .end(id, offset: end)])
            }
        }
        let (incarnation, isUsedUp) = nextIncarnation.addingReportingOverflow(
            LogLimits.incarnationJump)
        jumped.apply([
            .allocators(
                nextIncarnation: isUsedUp ? nextIncarnation : min(incarnation, .max - 1),
                nextProducer: min(nextProducer + LogLimits.offsetJump, LogLimits.offsetMax - 1))
        ])
        return jumped
    }
}
