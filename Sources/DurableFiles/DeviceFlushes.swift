internal import Synchronization

/// How often this process has asked the device to flush a file or a directory.
///
/// LMDB flushes by itself: what the log's commits cost is not in here.
package enum DeviceFlushes {
    private static let asked = Atomic<Int>(0)

    /// Since the process began.
    package static var count: Int { asked.load(ordering: .relaxed) }

    static func note() { asked.wrappingAdd(1, ordering: .relaxed) }
}
