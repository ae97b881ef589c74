internal import DurableFiles

/// Why a store cannot be opened. Nothing in it has been changed.
public enum OpenError: Error, Equatable, Sendable {
    /// Another process has it open. The number is nil when the owner did not leave one.
    case inUse(path: String, processID: Int32?)
    /// The volume is of a kind whose locks or flushes promise nothing.
    case unsafeVolume(path: String, kind: String)
    case readOnlyVolume(path: String)
    /// A file was written by a version of Millrace that this one cannot read.
    case unknownVersion(path: String, version: Int)
    /// The store was written on a machine with other memory pages.
    case wrongPageSize(path: String, found: Int, expected: Int)
    /// The newest segment is a copy of the file it was: this may be a second copy of the store.
    case copied(path: String)
    /// What is left of the store does not say which streams it has.
    case beyondRecovery(path: String, Damage.Detail)
    case storage(StorageFault)

    init(_ fault: FileFault) { self = .storage(.file(fault)) }
}

extension OpenError: CustomStringConvertible {
    /// What happened, where, and what to do next.
    public var description: String {
        switch self {
        case .inUse(let path, let processID):
            "\(path) is in use by \(processID.map { "process \($0)" } ?? "another process"): "
                + "stop it, or let the command talk to it through \(path)/control.sock"
        case .unsafeVolume(let path, let kind):
            "\(path) is on \(kind), where a flush does not reach a disk: "
                + "put the store on a local file system"
        case .readOnlyVolume(let path):
            "\(path) is on a volume that is mounted read-only: mount it for writing"
        case .unknownVersion(let path, let version):
            "\(path) has format version \(version), which this program does not know: "
                + "use the version of Millrace that wrote it, or a newer one"
        case .wrongPageSize(let path, let found, let expected):
            "\(path) was written with memory pages of \(found) bytes, and this machine has "
                + "\(expected): open the store on a machine like the one it came from"
        case .copied(let path):
            "\(path) is a copy of the file the store was left in: run `millrace adopt --moved` "
                + "if the original is gone, or `millrace adopt --cloned` if it lives on"
        case .beyondRecovery(let path, let detail):
            "\(path) cannot be opened, because \(detail): take what is left with "
                + "`millrace salvage`, or restore a backup"
        case .storage(let fault): fault.description
        }
    }
}
