internal import Bytes
internal import Synchronization

/// One client of the control socket, on a thread of its own.
///
/// A client that sends nonsense, or does not read its answers for `patience`, is let go of. What
/// it has been promised meanwhile is bounded: nothing more is read from it while it has
/// `pendingCountMax` requests, or `pendingByteCountMax` bytes of them and of answers, under way.
final class ControlConnection: Sendable {
    private struct State {
        /// Answers that have not been sent.
        var outbox: [[UInt8]] = []
        var outboxByteCount = 0
        var pendingCount = 0
        /// Of requests that have not been answered.
        var pendingByteCount = 0
        var isOver = false
    }

    /// How the thread stands with its client.
    private struct Progress {
        var buffer = FrameBuffer()
        var sending: [UInt8] = []
        var sent = 0
        var hasGreeted = false

        var isSending: Bool { sent < sending.count }
    }

    private enum Verdict { case goOn, hangUp }

    private let socket: UnixSocket
    private let handler: RequestHandler
    private let waker = Waker()
    private let state = Mutex(State())

    static let pendingCountMax = 64
    static let pendingByteCountMax = 16 << 20
    /// How long a client may take to say hello, or to read anything of an answer.
    private static let patience: Int32 = 30_000

    init(_ socket: UnixSocket, _ handler: RequestHandler) {
        self.socket = socket
        self.handler = handler
    }

    /// Makes `run` return soon. Callable from any thread.
    func stop() {
        state.withLock { $0.isOver = true }
        waker.wake()
    }

    /// Tells a client that there are too many.
    func refuse() {
        post(
            .failure(
                .refused(Refusal(.busy, "the store's owner serves too many commands already"))),
            to: 0, byteCount: 0)
        if let frame = state.withLock({ $0.outbox.first }) { _ = socket.send(frame, from: 0) }
    }

    /// Serves the client until one of the two has had enough.
    func run() {
        var progress = Progress()
        while step(&progress) == .goOn {}
        state.withLock { state in
            state.isOver = true
            state.outbox = []
        }
        socket.shutDown()
    }

    private func step(_ progress: inout Progress) -> Verdict {
        guard fillSending(&progress) == .goOn else { return .hangUp }
        var events: SocketEvents = progress.isSending ? [.output] : []
        if mayRead { events.insert(.input) }
        let isPatient = progress.hasGreeted && !progress.isSending
        let found = waitFor(
            events, at: socket, or: waker, milliseconds: isPatient ? -1 : Self.patience)
        guard let found else { return .hangUp }
        if found.contains(.output), send(&progress) == .hangUp { return .hangUp }
        if found.contains(.input) { return receive(&progress) }
        return found.isDisjoint(with: .end) ? .goOn : .hangUp
    }

    private var mayRead: Bool {
        state.withLock { state in
            state.pendingCount < Self.pendingCountMax
                && state.pendingByteCount + state.outboxByteCount < Self.pendingByteCountMax
        }
    }

    private func fillSending(_ progress: inout Progress) -> Verdict {
        state.withLock { state in
            if state.isOver { return .hangUp }
            if !progress.isSending, !state.outbox.isEmpty {
                progress.sending = state.outbox.removeFirst()
                progress.sent = 0
                state.outboxByteCount -= progress.sending.count
            }
            return .goOn
        }
    }

    private func send(_ progress: inout Progress) -> Verdict {
        guard progress.isSending else { return .goOn }
        guard let sent = socket.send(progress.sending, from: progress.sent) else { return .hangUp }
        progress.sent += sent
        return .goOn
    }

    private func receive(_ progress: inout Progress) -> Verdict {
        switch socket.receive() {
        case .nothing: return .goOn
        case .ended: return .hangUp
        case .bytes(let bytes): progress.buffer.append(bytes)
        }
        do throws(DecodeError) {
            while let frame = try progress.buffer.next() {
                guard try take(frame, &progress) == .goOn else { return .hangUp }
            }
            return .goOn
        } catch {
            return .hangUp
        }
    }

    private func take(_ frame: Frame, _ progress: inout Progress) throws(DecodeError) -> Verdict {
        switch frame.kind {
        case .hello where !progress.hasGreeted:
            _ = try Hello(frame.payload)
            let answer = Frame.encoded(.hello, of: frame.request) { Hello().encode(into: &$0) }
            if let answer { leave(answer, of: 0) }
            progress.hasGreeted = true
            // A client of another version reads which one is spoken here, and goes by itself.
            return .goOn
        case .request where progress.hasGreeted:
            var reader = ByteReader(frame.payload.rawSpan)
            let request = try ControlRequest(&reader)
            let byteCount = frame.payload.count
            state.withLock { state in
                state.pendingCount += 1
                state.pendingByteCount += byteCount
            }
            handler.handle(request) { [self] result in
                post(result, to: frame.request, byteCount: byteCount)
                state.withLock { $0.pendingCount -= 1 }
                waker.wake()
            }
            return .goOn
        case .hello, .request, .answer, .refusal: return .hangUp
        }
    }

    // MARK: Answers, from any thread

    /// Leaves the answer to a request of `byteCount` bytes.
    private func post(
        _ result: Result<ControlResponse, AccessError>, to request: UInt32, byteCount: Int
    ) {
        let frame: [UInt8]?
        switch result {
        case .success(let response):
            frame = Frame.encoded(.answer, of: request) { response.encode(into: &$0) }
        case .failure(let error): frame = Self.frame(for: error, of: request)
        }
        let tooLong = Refusal(.tooLarge, "the answer is longer than \(Frame.lengthMax) bytes")
        guard let whole = frame ?? Self.frame(for: .refused(tooLong), of: request) else {
            preconditionFailure("a refusal does not fit a frame")
        }
        leave(whole, of: byteCount)
    }

    private func leave(_ frame: [UInt8], of byteCount: Int) {
        state.withLock { state in
            state.pendingByteCount -= byteCount
            guard !state.isOver else { return }
            state.outbox.append(frame)
            state.outboxByteCount += frame.count
        }
    }

    private static func frame(for error: AccessError, of request: UInt32) -> [UInt8]? {
        let refusal: Refusal =
            switch error {
            case .refused(let refusal): refusal
            case .open, .noStore, .connection, .care: Refusal(.closed, error.description)
            }
        return Frame.encoded(.refusal, of: request) { writer in
            writer.append(refusal.reason.rawValue)
            writer.append(text: refusal.text)
        }
    }
}

extension Refusal {
    init(_ payload: [UInt8]) throws(DecodeError) {
        var reader = ByteReader(payload.rawSpan)
        guard let reason = Reason(rawValue: try reader.byte()) else {
            throw .badValue(position: 0)
        }
        self.init(reason, try reader.text())
    }
}
