internal import Bytes
internal import Dispatch
internal import DurableFiles
internal import Synchronization

/// Talks to the process that has a store open.
///
/// Requests go out in the order of the calls; answers come in any order, on a thread of the
/// client's own. When the owner goes, everything that was not answered fails with `lost`.
package final class ControlClient: StoreAccess {
    private struct State {
        var next: UInt32 = 1
        var waiting: [UInt32: AccessCompletion] = [:]
        /// Set when nothing more can be asked.
        var failure: AccessError?
    }

    private let socket: UnixSocket
    private let state = Mutex(State())
    /// Held while a frame is sent, so that frames do not mix.
    private let sending = Mutex(())
    private let reader = DispatchGroup()

    /// How long the owner may take to take a request off the socket.
    private static let sendSeconds = 60
    /// How long it may take to say hello. A process that is stopped says nothing.
    private static let greetingSeconds = 5

    /// Connects to the owner of the store in `directory`.
    package init(connectingTo directory: String) throws(ConnectionFault) {
        do {
            socket = try UnixSocket.connected(to: ControlServer.socketName, in: directory)
        } catch {
            throw .notServed(path: directory, processID: nil)
        }
        socket.setTimeout(.sending, seconds: Self.sendSeconds)
        socket.setTimeout(.receiving, seconds: Self.greetingSeconds)
        var buffer = FrameBuffer()
        try greet(&buffer)
        socket.setTimeout(.receiving, seconds: 0)
        reader.enter()
        DispatchQueue(label: "millrace.control.client").async { [self, buffer] in
            receiveAll(buffer)
            reader.leave()
        }
    }

    private func greet(_ buffer: inout FrameBuffer) throws(ConnectionFault) {
        guard let hello = Frame.encoded(.hello, of: 0, { Hello().encode(into: &$0) }),
            socket.sendAll(hello)
        else { throw .lost }
        guard let answer = receive(&buffer) else { throw .lost }
        // Turned away before the hello was looked at: there are too many clients.
        if answer.kind == .refusal { throw .lost }
        guard answer.kind == .hello, let theirs = try? Hello(answer.payload) else {
            throw .garbage
        }
        guard theirs.version == Hello.currentVersion else {
            throw .otherVersion(theirs: theirs.version, ours: Hello.currentVersion)
        }
    }

    /// Sends the request, which may wait up to a minute while the owner does not take it.
    package func submit(
        _ request: ControlRequest, completion: @escaping AccessCompletion
    ) {
        // WHY: one lock around number and bytes keeps the order of the calls.
        let failure: AccessError? = sending.withLock { _ in
            let number = state.withLock { state -> UInt32? in
                guard state.failure == nil else { return nil }
                defer { state.next &+= 1 }
                state.waiting[state.next] = completion
                return state.next
            }
            guard let number else { return state.withLock { $0.failure } }
            guard let frame = Frame.encoded(.request, of: number, { request.encode(into: &$0) })
            else {
                _ = state.withLock { $0.waiting.removeValue(forKey: number) }
                return .refused(
                    Refusal(.tooLarge, "the request is longer than \(Frame.lengthMax) bytes"))
            }
            // What could not be sent is answered by the thread that finds the socket closed.
            if !socket.sendAll(frame) { socket.shutDown() }
            return nil
        }
        if let failure { completion(.failure(failure)) }
    }

    /// Closes the socket. Returns when everything unanswered has failed and the thread has ended.
    package func close() async {
        socket.shutDown()
        await withCheckedContinuation { continuation in
            reader.notify(queue: .global()) { continuation.resume() }
        }
    }

    // MARK: The thread

    private func receiveAll(_ received: FrameBuffer) {
        var buffer = received
        while let frame = receive(&buffer) {
            let completion = state.withLock { $0.waiting.removeValue(forKey: frame.request) }
            completion?(Self.result(of: frame))
        }
        let waiting = state.withLock { state in
            state.failure = .connection(.lost)
            defer { state.waiting = [:] }
            return state.waiting.values.map { $0 }
        }
        for completion in waiting { completion(.failure(.connection(.lost))) }
    }

    /// The next frame; nil when there will be none.
    private func receive(_ buffer: inout FrameBuffer) -> Frame? {
        while true {
            do throws(DecodeError) {
                if let frame = try buffer.next() { return frame }
            } catch {
                return nil
            }
            guard case .bytes(let bytes) = socket.receive() else { return nil }
            buffer.append(bytes)
        }
    }

    private static func result(of frame: Frame) -> Result<ControlResponse, AccessError> {
        do throws(DecodeError) {
            switch frame.kind {
            case .answer:
                var reader = ByteReader(frame.payload.rawSpan)
                return .success(try ControlResponse(&reader))
            case .refusal: return .failure(.refused(try Refusal(frame.payload)))
            case .hello, .request: return .failure(.connection(.garbage))
            }
        } catch {
            return .failure(.connection(.garbage))
        }
    }
}
