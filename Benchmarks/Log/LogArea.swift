/// The write-ahead log. First what the device and LMDB alone can do; then one benchmark after the
/// other from the files beside this one.
extension Area {
    static let log = Area(
        name: "log",
        benchmarks: [
            // Memory before the others: later it would be measured in what they have left.
            .deviceFlush, .memoryBacklog, .lmdbAppend(valueByteCount: 1 << 20),
            .appendBytes, .appendLatency, .appendP99, .appendEvents,
            .writeAmplification, .writeOverhead, .replayBytes, .verifyDisk, .openLarge,
            .openSegment, .recoveryLarge, .storedSize,
        ])
}
