/// Why a gateway cannot start, beyond what the parts say themselves.
package enum GatewayError: Error, Equatable, Sendable {
    case unreadableAccess(String)
    case stream(name: String, reason: String)
    case tooFewDescriptors(count: Int, least: Int)
    case tooFewAddresses(byteCount: Int, least: Int)
}

extension GatewayError: CustomStringConvertible {
    /// What happened, and what to do next.
    package var description: String {
        switch self {
        case .unreadableAccess(let path):
            "\(path) cannot be read as a list of rules: restore it, or remove it to get new keys"
        case .stream(let name, let reason): "the stream '\(name)' cannot be prepared: \(reason)"
        case .tooFewDescriptors(let count, let least):
            "this process may open no more than \(count) files and connections, and a gateway "
                + "needs \(least): raise the hard limit (`ulimit -Hn`, `LimitNOFILE=` of a unit)"
        case .tooFewAddresses(let byteCount, let least):
            "this process may have \(byteCount >> 20) MiB of addresses, and a gateway needs "
                + "\(least >> 20) MiB, most of them without memory behind: raise the limit "
                + "(`ulimit -v`, `LimitAS=` of a unit), or choose a smaller store.segment-size"
        }
    }
}
