internal import Foundation
internal import Glibc

/// What the system lets this process have (getrlimit(2)).
package enum ProcessLimit: Sendable {
    /// Files and connections that are open at a time.
    case descriptors
    /// Bytes of addresses, whether or not there is memory behind them.
    case addresses

    /// How many; `Int.max` where there is no limit.
    var current: Int { Int(clamping: read().rlim_cur) }

    /// Makes the limit as high as a program may; where even that is forbidden, it stays.
    func raise() {
        var limit = read()
        limit.rlim_cur = limit.rlim_max
        unsafe _ = setrlimit(resource, &limit)
    }

    /// Throws `tooFewAddresses` when a gateway could not be sure of its threads and its log.
    ///
    /// The log maps a segment whole, and at a roll two. The rest is what the program, its
    /// libraries, and the stacks and heaps of its threads were seen to take under load.
    ///
    /// WHY: neither Dispatch nor the log's own threads have an answer to a thread that cannot
    /// start: one waits for ever, the others end the process.
    package static func requireAddresses(
        forSegmentsOf segmentByteCount: Int = 0
    ) throws(GatewayError) {
        let threads = ProcessInfo.processInfo.activeProcessorCount * (64 << 20)
        let least = (960 << 20) + threads + 2 * segmentByteCount
        let count = addresses.current
        guard count >= least else { throw .tooFewAddresses(byteCount: count, least: least) }
    }

    private var resource: __rlimit_resource_t {
        switch self {
        case .descriptors: __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        case .addresses: __rlimit_resource_t(RLIMIT_AS.rawValue)
        }
    }

    private func read() -> rlimit {
        var limit = rlimit()
        let status = unsafe getrlimit(resource, &limit)
        precondition(status == 0, "getrlimit knows \(self), and yet: errno \(errno)")
        return limit
    }
}
