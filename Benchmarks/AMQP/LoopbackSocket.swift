import Glibc

/// A TCP connection to a port of this machine. It blocks its thread.
final class LoopbackSocket {
    private let descriptor: Int32

    /// On return it is connected.
    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw LimitError.last("socket") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        // SAFETY: the address is only read during the call, with its own size.
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { rebound in
                unsafe connect(descriptor, rebound, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw LimitError.last("connect") }
        var yes: Int32 = 1
        // SAFETY: the option is only read during the call, with its own size.
        _ = unsafe setsockopt(
            descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { close(descriptor) }

    /// Sends all of it.
    func write(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            // SAFETY: the pointer is used only inside the closure, for bytes that are there.
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe send(
                    descriptor, buffer.baseAddress.map { unsafe $0 + sent }, buffer.count - sent,
                    Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw LimitError.last("send") }
            sent += count
        }
    }

    /// Waits for bytes. None: the other side has ended.
    func read() throws -> [UInt8] {
        var failed = false
        // SAFETY: as many bytes are said to be there as the system has put.
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 256 << 10) { buffer, filled in
            let count = unsafe recv(descriptor, buffer.baseAddress, buffer.count, 0)
            failed = count < 0
            filled = max(0, count)
        }
        if failed { throw LimitError.last("recv") }
        return bytes
    }

    /// The places of those that have something to read, which are none after that time; it counts
    /// in whole milliseconds.
    static func readable(among sockets: [LoopbackSocket], within limit: Duration) -> [Int] {
        var entries = sockets.map {
            pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0)
        }
        let milliseconds = Int32(max(0, (limit / .milliseconds(1)).rounded(.up)))
        // SAFETY: the system uses the entries only during the call, as many as there are.
        let count = unsafe entries.withUnsafeMutableBufferPointer { buffer in
            unsafe poll(buffer.baseAddress, nfds_t(buffer.count), milliseconds)
        }
        return count > 0 ? entries.indices.filter { entries[$0].revents != 0 } : []
    }
}
