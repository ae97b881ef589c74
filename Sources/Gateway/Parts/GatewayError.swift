/// Why a gateway cannot start, beyond what the parts say themselves.
package enum GatewayError: Error, Equatable, Sendable {
    case unreadableAccess(String)
    case stream(name: String, reason: String)
}

extension GatewayError: CustomStringConvertible {
    /// What happened, and what to do next.
    package var description: String {
        switch self {
        case .unreadableAccess(let path):
            "\(path) cannot be read as a list of rules: restore it, or remove it to get new keys"
        case .stream(let name, let reason): "the stream '\(name)' cannot be prepared: \(reason)"
        }
    }
}
