internal import Glibc

/// Cuts a file, or what comes through a pipe, into lines.
struct LineReader {
    enum Next: Equatable {
        /// The place of a line in `buffer`, without its end.
        case line(Range<Int>)
        /// Nothing has come for a moment.
        case pause
        case end
    }

    /// What a record may have.
    static let byteCountMax = 4 << 20

    private(set) var buffer: [UInt8] = []
    /// The number of the line that was given last, from 1.
    private(set) var number = 0
    private let descriptor: Int32
    private var start = 0
    /// Up to here there is no line's end after `start`.
    private var searched = 0
    private var isAtEnd = false

    private static let chunkByteCount = 1 << 20
    private static let pauseMilliseconds: Int32 = 100

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    mutating func next() throws -> Next {
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                return try line(upTo: end, goingOnAt: end + 1)
            }
            searched = buffer.count
            guard searched - start <= Self.byteCountMax else { throw tooLong }
            if isAtEnd {
                return start == searched ? .end : try line(upTo: searched, goingOnAt: searched)
            }
            guard try fill() else { return .pause }
        }
    }

    private mutating func line(upTo end: Int, goingOnAt next: Int) throws -> Next {
        let line = start..<end
        (start, searched) = (next, next)
        guard line.count <= Self.byteCountMax else { throw tooLong }
        number += 1
        return .line(line)
    }

    private var tooLong: CommandFailure {
        CommandFailure(
            "line \(number + 1) is longer than \(Self.byteCountMax) bytes, which is the most that "
                + "an event may have: split it")
    }

    /// Reads some more; false when there is nothing yet.
    private mutating func fill() throws -> Bool {
        if start > 0 {
            buffer.removeFirst(start)
            (searched, start) = (searched - start, 0)
        }
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let found = unsafe poll(&waiting, 1, Self.pauseMilliseconds)
        if found == 0 || found < 0 && errno == EINTR { return false }
        var failure: Int32 = 0
        // SAFETY: `read` writes at most the bytes asked for, and `count` is how many those are.
        let chunk = unsafe [UInt8](unsafeUninitializedCapacity: Self.chunkByteCount) {
            target, count in
            let got = unsafe read(descriptor, target.baseAddress, target.count)
            if got < 0 { failure = errno }
            count = max(0, got)
        }
        if failure == EINTR || failure == EAGAIN { return false }
        guard failure == 0 else {
            throw CommandFailure("cannot read the input (errno \(failure))")
        }
        isAtEnd = chunk.isEmpty
        buffer.append(contentsOf: chunk)
        return true
    }
}
