package import DurableFiles
package import Parquet

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
    /// A data file that the log names, or is to name.
    case dataFile(String, DataFileDamage)
}

/// What is wrong with a log.
package enum LogDamage: Error, Equatable, Sendable {
    case missingCommit(version: Int64)
    case unreadable(version: Int64, line: Int)
    /// The commit is not as its writer sealed it.
    case changed(version: Int64)
    /// At this version there is a copy of our commit of another.
    case misplaced(version: Int64, of: Int64)
    /// Up to this version there is no action of that kind.
    case nothingSaid(of: String, version: Int64)
    case unreadableCheckpoint(version: Int64)
    /// A version was asked for that the log does not have, or has no longer.
    case noVersion(Int64, oldest: Int64, newest: Int64)
    /// There is no version that old.
    case nothingBefore(Int64)
}

/// What is wrong with a data file.
package enum DataFileDamage: Error, Equatable, Sendable {
    case missing
    case otherSize(Int64, logged: Int64)
    case otherRowCount(Int64, logged: Int64)
    /// A value is outside of what the log says of the column, so that engines skip the file.
    case outOfBounds(column: String)
    case unreadable(ParquetError)
    /// The file has the column with a type that does not become the table's.
    case otherType(column: String)
    case badPartitionValue(column: String)
    case deletionVector(DeletionVectorDamage)
    /// A rewrite did not keep the rows it read.
    case rowsNotKept(String)
}

extension DataFileDamage: CustomStringConvertible {
    /// What is wrong, as part of a sentence that names the file.
    package var description: String {
        switch self {
        case .missing: "the file is not there"
        case .otherSize(let found, let logged):
            "the file has \(found) bytes, and the log says \(logged)"
        case .otherRowCount(let found, let logged):
            "the file has \(found) rows, and the log says \(logged)"
        case .outOfBounds(let column):
            "column \"\(column)\" has a value outside of the bounds that the log states"
        case .unreadable(let error): error.description
        case .otherType(let column): "the type of column \"\(column)\" is not the table's"
        case .badPartitionValue(let column):
            "the partition value of \"\(column)\" is none of its type"
        case .deletionVector(let damage): damage.description
        case .rowsNotKept(let what): "rewriting it does not keep its rows: \(what)"
        }
    }
}

/// What a storage could not do.
package enum StorageFault: Error, Equatable, Sendable {
    case file(FileFault)
}

extension TableError: CustomStringConvertible {
    /// What is wrong, without the table's place, which the caller knows.
    package var description: String {
        switch self {
        case .noTable: "there is no Delta table"
        case .tableExists: "there is a Delta table already"
        case .damaged(let damage): damage.description
        case .unsupported(let refusal): refusal.description
        case .schema(let error): error.description
        case .tooManyLostRaces(let count): "\(count) commits were lost to other writers"
        case .storage(.file(let fault)): fault.description
        case .dataFile(let path, let damage): "\(path): \(damage)"
        }
    }
}

extension LogDamage: CustomStringConvertible {
    /// What is wrong, and at which version.
    package var description: String {
        switch self {
        case .missingCommit(let version): "the log has no commit \(version), but later ones"
        case .unreadable(let version, let line):
            "line \(line) of commit \(version) cannot be understood"
        case .changed(let version):
            "commit \(version) has changed since it was written: its checksum is another"
        case .misplaced(let version, let other):
            "commit \(version) is a copy of commit \(other)"
        case .nothingSaid(let kind, let version): "up to version \(version) there is no \(kind)"
        case .unreadableCheckpoint(let version): "the checkpoint of \(version) is unreadable"
        case .noVersion(let version, let oldest, let newest):
            "there is no version \(version): the log has \(oldest) to \(newest)"
        case .nothingBefore(let time):
            "no version that can still be read was there at "
                + (CalendarText.milliseconds(time, "T").map { $0 + "Z" } ?? String(time))
        }
    }
}
