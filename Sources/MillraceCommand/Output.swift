internal import Bytes
internal import Glibc

/// Whoever read our output has gone. No fault, and no reason to go on.
struct OutputClosed: Error {}

/// Standard output with a buffer. Nothing has left before `flush`.
struct Output {
    private var buffer: [UInt8] = []
    private static let byteCountMax = 256 << 10

    var isEmpty: Bool { buffer.isEmpty }

    mutating func write(_ bytes: some Collection<UInt8>) throws {
        buffer.append(contentsOf: bytes)
        if buffer.count >= Self.byteCountMax { try flush() }
    }

    /// The bytes and a line's end.
    mutating func writeLine(_ bytes: RawSpan?) throws {
        if let bytes { buffer.append(copying: bytes) }
        buffer.append(UInt8(ascii: "\n"))
        if buffer.count >= Self.byteCountMax { try flush() }
    }

    mutating func writeLine(_ text: String) throws {
        buffer.append(contentsOf: text.utf8)
        buffer.append(UInt8(ascii: "\n"))
    }

    mutating func flush() throws {
        defer { buffer.removeAll(keepingCapacity: true) }
        var rest = buffer[...]
        while !rest.isEmpty {
            // SAFETY: `write` reads only bytes of the slice, inside the closure.
            let written = unsafe rest.withUnsafeBytes {
                unsafe Glibc.write(1, $0.baseAddress, $0.count)
            }
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else {
                if errno == EPIPE { throw OutputClosed() }
                throw CommandFailure("cannot write to standard output (errno \(errno))")
            }
            rest = rest.dropFirst(written)
        }
    }
}

/// Writes one line at once, as JSON or for people.
func say(_ text: String, json: Bool, _ fill: (inout JSONText) -> Void) throws {
    var output = Output()
    try output.write(json ? JSONText.line(fill) : Array((text + "\n").utf8))
    try output.flush()
}
