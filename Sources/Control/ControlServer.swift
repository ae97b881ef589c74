internal import Dispatch
package import DurableFiles
package import StreamLog
internal import Synchronization

/// Answers at `control.sock` in a store's directory, for as long as its log is open.
///
/// Each connection has a thread of its own, and the log is never kept waiting: answers are left in
/// a bounded outbox. Only processes of the store's user, and of root, are served.
package final class ControlServer: Sendable {
    /// The name of the socket in the store's directory.
    package static let socketName = "control.sock"

    private struct State {
        var connections: [ControlConnection] = []
        var isStopping = false
    }

    private let path: String
    private let listener: UnixSocket
    private let handler: RequestHandler
    private let waker = Waker()
    private let state = Mutex(State())
    private let threads = DispatchGroup()

    /// How many connections there may be at a time.
    static let connectionCountMax = 32

    /// Begins to answer. What an owner before left at the socket's place is removed: whoever has
    /// the log open is the only owner.
    package convenience init(serving log: StreamLog) throws(FileFault) {
        try self.init(serving: log, by: RequestHandler(log))
    }

    init(serving log: StreamLog, by handler: RequestHandler) throws(FileFault) {
        path = log.path
        listener = try UnixSocket.listening(at: Self.socketName, in: log.path)
        self.handler = handler
        run(name: "millrace.control") { $0.acceptAll() }
    }

    /// Stops answering, and lets go of everybody. Requests that are being answered get no answer.
    package func stop() {
        let connections = state.withLock { state in
            state.isStopping = true
            return state.connections
        }
        UnixSocket.remove(Self.socketName, in: path)
        waker.wake()
        for connection in connections { connection.stop() }
        threads.wait()
    }

    private func run(name: String, _ body: @escaping @Sendable (ControlServer) -> Void) {
        threads.enter()
        DispatchQueue(label: name).async { [self] in
            body(self)
            threads.leave()
        }
    }

    private func acceptAll() {
        while !state.withLock({ $0.isStopping }) {
            let found = waitFor(.input, at: listener, or: waker, milliseconds: -1)
            var count = 0
            while let socket = listener.accept() {
                take(socket)
                count += 1
            }
            // Somebody waits and cannot be let in: there are no descriptors left, for now.
            if count == 0, found?.contains(.input) ?? false {
                _ = waitFor([], at: listener, or: waker, milliseconds: 100)
            }
        }
    }

    private func take(_ socket: UnixSocket) {
        guard socket.isPeerTrusted else { return }
        let connection = ControlConnection(socket, handler)
        let isTaken = state.withLock { state in
            guard !state.isStopping, state.connections.count < Self.connectionCountMax else {
                return false
            }
            state.connections.append(connection)
            return true
        }
        guard isTaken else { return connection.refuse() }
        run(name: "millrace.control.connection") { server in
            connection.run()
            server.state.withLock { $0.connections.removeAll { $0 === connection } }
        }
    }
}
