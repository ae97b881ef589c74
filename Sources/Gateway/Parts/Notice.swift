internal import Foundation
internal import Logging
internal import Synchronization

/// Tells, in the log and in `gateway.json` beside the store, where a gateway listens.
///
/// The file is there while the gateway is ready, and lets `millrace connection-string` name the
/// port even where the system has chosen it.
package final class Notice: Sendable {
    private static let name = "gateway.json"

    private struct State {
        var expected: Set<String> = []
        var addresses: [String: String] = [:]
    }

    private let path: String
    private let logger: Logger
    private let state = Mutex(State())

    init(_ configuration: GatewayConfiguration, _ logger: Logger) {
        path = configuration.data + "/" + Self.name
        self.logger = logger
        remove()
    }

    /// The gateway is not ready before this listener listens.
    func expect(_ listener: String) { state.withLock { _ = $0.expected.insert(listener) } }

    /// The listener does listen now.
    func listening(_ listener: String, _ address: ListenAddress) {
        logger.info("listening", metadata: ["listener": "\(listener)", "address": "\(address)"])
        let all = state.withLock { state -> [String: String]? in
            state.addresses[listener] = address.description
            state.expected.remove(listener)
            return state.expected.isEmpty ? state.addresses : nil
        }
        guard let all else { return }
        let bytes = try? JSONSerialization.data(
            withJSONObject: all, options: [.sortedKeys, .withoutEscapingSlashes])
        if let bytes { try? bytes.write(to: URL(fileURLWithPath: path), options: .atomic) }
        logger.info("ready")
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// Where the gateway of the store in `directory` listens, by listener; nothing where none is
    /// ready.
    package static func addresses(in directory: String) -> [String: ListenAddress] {
        guard let bytes = FileManager.default.contents(atPath: directory + "/" + name),
            let all = try? JSONSerialization.jsonObject(with: bytes) as? [String: String]
        else { return [:] }
        return all.compactMapValues { ListenAddress($0) }
    }
}

/// What the machine's clock says.
enum WallClock {
    /// Milliseconds since 1970.
    @Sendable static func now() -> Int64 { Int64(Date().timeIntervalSince1970 * 1000) }
}
