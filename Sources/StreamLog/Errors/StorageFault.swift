public import DurableFiles
internal import Glibc
internal import LMDB

/// What the disk or the storage engine refused.
public enum StorageFault: Error, Equatable, Sendable {
    case file(FileFault)
    /// `code` is an `errno` when positive, LMDB's own when negative.
    case engine(operation: String, path: String, code: Int32)

    init(_ error: LMDBError) {
        self = .engine(operation: error.operation.rawValue, path: error.path, code: error.code)
    }

    /// Whether the process, or the machine, has too few file descriptors or too little memory for
    /// now. The disk is as it was.
    package var isShortage: Bool {
        let code =
            switch self {
            case .file(let fault): fault.code
            case .engine(_, _, let code): code
            }
        return [EMFILE, ENFILE, ENOMEM].contains(code)
    }
}

extension StorageFault: CustomStringConvertible {
    /// One line: operation, path and reason.
    public var description: String {
        switch self {
        case .file(let fault): fault.description
        case .engine(let operation, let path, let code):
            "the storage engine cannot \(operation) in \(path): "
                + "\(LMDBError.reason(of: code)) (code \(code))"
        }
    }
}
