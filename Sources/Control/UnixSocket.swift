internal import CLinux
internal import DurableFiles
internal import Glibc

/// A stream socket between two processes of one machine. It is closed with its last reference.
@safe
final class UnixSocket: Sendable {
    let descriptor: Int32

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// A socket that others can connect to at `name` in a directory; what had that name goes.
    /// Only this user may connect (mode 0600, whatever the umask).
    static func listening(at name: String, in directory: String) throws(FileFault) -> UnixSocket {
        let place = try SocketPlace(name, in: directory)
        let socket = try make()
        unsafe unlink(place.path)
        fchmod(socket.descriptor, 0o600)
        guard unsafe place.withAddress({ unsafe bind(socket.descriptor, $0, $1) }) == 0,
            unsafe chmod(place.path, 0o600) == 0, listen(socket.descriptor, 16) == 0
        else { throw FileFault(.open, directory + "/" + name) }
        socket.setBlocking(false)
        return socket
    }

    /// A socket that talks to who listens at `name` in a directory.
    static func connected(to name: String, in directory: String) throws(FileFault) -> UnixSocket {
        let place = try SocketPlace(name, in: directory)
        let socket = try make()
        while unsafe place.withAddress({ unsafe connect(socket.descriptor, $0, $1) }) != 0 {
            guard errno == EINTR else { throw FileFault(.open, directory + "/" + name) }
        }
        return socket
    }

    static func remove(_ name: String, in directory: String) {
        guard let place = try? SocketPlace(name, in: directory) else { return }
        unsafe unlink(place.path)
    }

    private static func make() throws(FileFault) -> UnixSocket {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let made = socket(AF_UNIX, kind, 0)
        guard made >= 0 else { throw FileFault(.open, "socket") }
        return UnixSocket(made)
    }

    /// Nil when nobody waits, or whoever waited has gone again.
    func accept() -> UnixSocket? {
        let accepted = Glibc.accept(descriptor, nil, nil)
        guard accepted >= 0 else { return nil }
        _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
        let socket = UnixSocket(accepted)
        socket.setBlocking(false)
        return socket
    }

    /// Whether the process at the other end belongs to this user, or to root.
    var isPeerTrusted: Bool {
        let peer = millrace_peer_uid(descriptor)
        return peer >= 0 && (peer == 0 || peer == Int(geteuid()))
    }

    func setBlocking(_ isBlocking: Bool) {
        let flags = fcntl(descriptor, F_GETFL)
        _ = fcntl(descriptor, F_SETFL, isBlocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK)
    }

    /// How long a blocking send, or a blocking receive, may take. 0: for ever.
    func setTimeout(_ direction: Direction, seconds: Int) {
        var time = timeval(tv_sec: seconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        let option = direction == .sending ? SO_SNDTIMEO : SO_RCVTIMEO
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, option, &time, size)
    }

    enum Direction { case sending, receiving }

    /// Ends both directions. Whoever is blocked in the socket returns.
    func shutDown() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    enum Received {
        case bytes([UInt8])
        /// Not now.
        case nothing
        case ended
    }

    func receive() -> Received {
        var count = 0
        // SAFETY: `recv` writes at most the bytes asked for, and `filled` counts those it wrote.
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 256 << 10) { target, filled in
            repeat {
                count = unsafe recv(descriptor, target.baseAddress, target.count, 0)
            } while count < 0 && errno == EINTR
            filled = max(0, count)
        }
        if count > 0 { return .bytes(bytes) }
        return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? .nothing : .ended
    }

    /// How many bytes of `bytes` from `start` on were taken; nil when the other end has gone.
    func send(_ bytes: [UInt8], from start: Int) -> Int? {
        while true {
            // SAFETY: `send` reads only bytes of the array, inside the closure.
            let sent = unsafe bytes.withUnsafeBytes { source in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: source[start...])
                return unsafe Glibc.send(
                    descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            }
            if sent >= 0 { return sent }
            if errno == EAGAIN || errno == EWOULDBLOCK { return 0 }
            guard errno == EINTR else { return nil }
        }
    }

    /// Sends all, on a blocking socket. False when the other end has gone, or does not read.
    func sendAll(_ bytes: [UInt8]) -> Bool {
        var start = 0
        while start < bytes.count {
            guard let sent = send(bytes, from: start), sent > 0 else { return false }
            start += sent
        }
        return true
    }
}

/// Where a socket is, in a form that fits the 108 bytes a socket's address has.
///
/// WHY: a long path is reached through the directory's descriptor in /proc. Changing the working
/// directory instead would change it for every thread.
private final class SocketPlace {
    let path: String
    private let directory: Int32

    init(_ name: String, in directory: String) throws(FileFault) {
        let whole = directory + "/" + name
        if whole.utf8.count < Self.byteCountMax {
            path = whole
            self.directory = -1
            return
        }
        self.directory = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard self.directory >= 0 else { throw FileFault(.open, directory) }
        path = "/proc/self/fd/\(self.directory)/\(name)"
    }

    deinit { if directory >= 0 { close(directory) } }

    private static let byteCountMax = MemoryLayout.size(ofValue: sockaddr_un().sun_path)

    func withAddress(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        precondition(path.utf8.count < Self.byteCountMax, "a name too long for a socket: \(path)")
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // SAFETY: the line above says that the path and a zero byte fit.
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { target in
            unsafe target.copyBytes(from: path.utf8)
        }
        // SAFETY: a `sockaddr_un` is what the system expects behind this pointer.
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}

/// Wakes a thread that waits in `poll`.
final class Waker: Sendable {
    let descriptor: Int32

    init() {
        descriptor = millrace_eventfd()
        precondition(descriptor >= 0, "the system gives no event counter (error \(errno))")
    }

    deinit { close(descriptor) }

    func wake() {
        var one: UInt64 = 1
        _ = unsafe write(descriptor, &one, 8)
    }

    /// Forgets the calls so far.
    func reset() {
        var count: UInt64 = 0
        _ = unsafe read(descriptor, &count, 8)
    }
}

/// What to wait for at a socket.
struct SocketEvents: OptionSet {
    let rawValue: Int16

    static let input = SocketEvents(rawValue: Int16(POLLIN))
    static let output = SocketEvents(rawValue: Int16(POLLOUT))
    /// The other end has gone. Always waited for.
    static let end = SocketEvents(rawValue: Int16(POLLHUP | POLLERR | POLLNVAL))
}

/// Waits for a socket or the waker; nil when the time is over. Negative: for ever.
func waitFor(
    _ events: SocketEvents, at socket: UnixSocket, or waker: Waker, milliseconds: Int32
) -> SocketEvents? {
    var set = [
        pollfd(fd: socket.descriptor, events: events.rawValue, revents: 0),
        pollfd(fd: waker.descriptor, events: Int16(POLLIN), revents: 0),
    ]
    let found = unsafe poll(&set, 2, milliseconds)
    if found == 0 { return nil }
    if set[1].revents != 0 { waker.reset() }
    return SocketEvents(rawValue: set[0].revents)
}
