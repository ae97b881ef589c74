package import DurableFiles

/// Why a table cannot be opened, read or committed to. Nothing has changed when it is thrown,
/// unless it is a storage fault of a commit: then only the log can tell, and the table is opened
/// again.
package enum TableError: Error, Equatable, Sendable {
    case noTable
    case tableExists
    case damaged(LogDamage)
    case unsupported(FeatureRefusal)
    case schema(SchemaError)
    /// Others were faster, again and again.
    case tooManyLostRaces(Int)
    case storage(StorageFault)
}

/// What is wrong with a log.
package enum LogDamage: Error, Equatable, Sendable {
    case missingCommit(version: Int64)
    case unreadable(version: Int64, line: Int)
    /// Up to this version there is no action of that kind.
    case nothingSaid(of: String, version: Int64)
    case unreadableCheckpoint(version: Int64)
}

/// What a storage could not do.
package enum StorageFault: Error, Equatable, Sendable {
    case file(FileFault)
}

extension TableError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noTable: "there is no Delta table"
        case .tableExists: "there is a Delta table already"
        case .damaged(let damage): damage.description
        case .unsupported(let refusal): refusal.description
        case .schema(let error): error.description
        case .tooManyLostRaces(let count): "\(count) commits were lost to other writers"
        case .storage(.file(let fault)): fault.description
        }
    }
}

extension LogDamage: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missingCommit(let version): "the log has no commit \(version), but later ones"
        case .unreadable(let version, let line):
            "line \(line) of commit \(version) cannot be understood"
        case .nothingSaid(let kind, let version): "up to version \(version) there is no \(kind)"
        case .unreadableCheckpoint(let version): "the checkpoint of \(version) is unreadable"
        }
    }
}
