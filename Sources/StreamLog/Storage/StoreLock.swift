internal import Bytes
internal import DurableFiles
internal import Glibc

/// The lock that makes one process the owner of a store, for as long as the value lives.
final class StoreLock: Sendable {
    private let file: File

    init(_ store: Directory) throws(OpenError) {
        do throws(FileFault) {
            file = try File(store.path(of: "LOCK"), .writing)
            guard try file.tryLock() == .taken else {
                throw FileFault(.lock, file.path, code: EWOULDBLOCK)
            }
            // Only for people and error messages: the lock itself is the kernel's.
            try file.truncate(to: 0)
            try file.write(Array("pid \(getpid())\n".utf8), at: 0)
        } catch {
            guard error.operation == .lock, error.code == EWOULDBLOCK else {
                throw OpenError(error)
            }
            throw .inUse(path: store.path, processID: Self.owner(of: store))
        }
    }

    /// Keeps an owner away from a store that is only looked at, and changes nothing in it.
    init(reading store: Directory) throws(OpenError) {
        do throws(FileFault) {
            file = try File(store.path(of: "LOCK"), .reading)
            guard try file.tryLock(.shared) == .heldByAnother else { return }
        } catch {
            throw OpenError(error)
        }
        throw .inUse(path: store.path, processID: Self.owner(of: store))
    }

    /// What the owner left in the file. It may be gone by now.
    private static func owner(of store: Directory) -> Int32? {
        guard let file = try? File(store.path(of: "LOCK"), .reading),
            let bytes = try? file.read(at: 0, count: 64)
        else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.hasPrefix("pid ") else { return nil }
        return Int32(text.dropFirst(4).prefix { $0.isNumber })
    }
}
