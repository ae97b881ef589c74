public import DurableFiles
internal import LMDB

/// What the disk or the storage engine refused.
public enum StorageFault: Error, Equatable, Sendable {
    case file(FileFault)
    /// `code` is an `errno` when positive, LMDB's own when negative.
    case engine(operation: String, path: String, code: Int32)

    init(_ error: LMDBError) {
        self = .engine(operation: error.operation.rawValue, path: error.path, code: error.code)
    }
}

extension StorageFault: CustomStringConvertible {
    /// One line: operation, path and reason.
    public var description: String {
        switch self {
        case .file(let fault): fault.description
        case .engine(let operation, let path, let code):
            "the storage engine cannot \(operation) in \(path) (code \(code))"
        }
    }
}
