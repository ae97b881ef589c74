internal import NIOCore
internal import Synchronization

/// The connections there are, so that their number has a limit and their end can be awaited.
final class ConnectionSet: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isStopping = false
        var empty: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    var count: Int { state.withLock { $0.channels.count } }

    /// False when there are too many already, or the endpoint stops.
    func add(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        let isAdded = state.withLock { state in
            guard !state.isStopping, state.channels.count < limit else { return false }
            state.channels[id] = channel
            return true
        }
        if isAdded { channel.closeFuture.whenComplete { [self] _ in remove(id) } }
        return isAdded
    }

    private func remove(_ id: ObjectIdentifier) {
        let empty = state.withLock { state -> (@Sendable () -> Void)? in
            state.channels[id] = nil
            guard state.channels.isEmpty else { return nil }
            defer { state.empty = nil }
            return state.empty
        }
        empty?()
    }

    /// Asks all connections to end. `completion` is called once, when there are none.
    func shutDown(_ completion: @escaping @Sendable () -> Void) {
        let channels = state.withLock { state in
            state.isStopping = true
            if !state.channels.isEmpty { state.empty = completion }
            return Array(state.channels.values)
        }
        if channels.isEmpty { return completion() }
        for channel in channels {
            channel.pipeline.fireUserInboundEventTriggered(ConnectionHandler.ShutDown())
        }
    }

    /// Ends those that are left, with whatever they were doing.
    func closeAll() {
        for channel in state.withLock({ Array($0.channels.values) }) {
            channel.close(promise: nil)
        }
    }
}
