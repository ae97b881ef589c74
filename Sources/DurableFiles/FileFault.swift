internal import Glibc

/// What was being done to a file when it failed.
public enum FileOperation: String, Sendable {
    case open, read, write, sync, lock, rename, link, unlink, status, list, allocate
    case makeDirectory = "make directory"
}

/// A file operation that the system refused, with all that is needed to act on it.
public struct FileFault: Error, Equatable, Sendable {
    /// What was being done.
    public let operation: FileOperation
    /// To which file or directory.
    public let path: String
    /// The `errno` of the system call.
    public let code: Int32

    /// A fault of the system call that has just failed, unless a code is given.
    package init(_ operation: FileOperation, _ path: String, code: Int32 = errno) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    /// Whether the volume, or the quota on it, has no space left.
    public var isOutOfSpace: Bool { code == ENOSPC || code == EDQUOT }

    /// Whether there is no such file.
    package var isMissing: Bool { code == ENOENT }
}

extension FileFault: CustomStringConvertible {
    /// One line: operation, path and the system's reason.
    public var description: String {
        // SAFETY: `strerror` returns a string that stays valid until this thread calls it again.
        let reason = unsafe String(cString: strerror(code))
        return "cannot \(operation.rawValue) \(path): \(reason) (errno \(code))"
    }
}
