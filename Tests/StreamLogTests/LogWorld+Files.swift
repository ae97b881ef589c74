import DurableFiles
import Synchronization

@testable import StreamLog

extension LogWorld {
    /// What all files of the store take of the volume, in bytes.
    func usedByteCount() throws -> Int {
        try byteCount(below: path)
    }

    private func byteCount(below path: String) throws -> Int {
        let directory = try Directory(path)
        return try directory.names().reduce(0) { sum, name in
            // A file may go between the list and the look.
            guard let status = try directory.status(of: name) else { return sum }
            if status.isDirectory { return try sum + byteCount(below: directory.path(of: name)) }
            return sum + max(status.byteCount, status.allocatedByteCount)
        }
    }

    /// Writes over bytes of a segment file in place.
    func overwrite(_ name: String, at position: Int, with bytes: [UInt8]) throws {
        try File(segmentPath(name), .writing).write(bytes, at: position)
    }
}

/// Counts what tasks have done.
final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .acquiring) }

    func increment() { count.wrappingAdd(1, ordering: .acquiringAndReleasing) }
}
