package import DeltaTable
package import DurableFiles
package import JSONFlattening
package import StreamLog

/// Why a pipeline could not go on for now. It tries again; nothing is lost meanwhile, because the
/// log keeps what the tables do not have.
package enum Trouble: Error, Equatable, Sendable {
    /// The volume of the tables is full.
    case diskFull(FileFault)
    /// The tables' budget is used up.
    case tablesFull(TableShortage)
    case table(String, TableError)
    /// A table has been given a feature that an append would break.
    case refused(String, FeatureRefusal)
    case read(ReadError)
    case log(CommitError)
    case memory(RecordError)
    /// The mapping that the log remembers is not one of this version's.
    case mapping(MappingError)
    /// What the log remembers of the columns does not go with the mapping.
    case growth(SchemaChangeError)

    init(_ fault: FileFault) {
        self = fault.isOutOfSpace ? .diskFull(fault) : .table("", .storage(.file(fault)))
    }

    init(_ error: TableError, at table: TableName) {
        switch error {
        case .storage(.file(let fault)) where fault.isOutOfSpace: self = .diskFull(fault)
        case .unsupported(let refusal): self = .refused(table.suffix, refusal)
        default: self = .table(table.suffix, error)
        }
    }

    /// One word for metrics.
    package var name: String {
        switch self {
        case .diskFull: "disk-full"
        case .tablesFull: "tables-full"
        case .table(_, .damaged), .table(_, .dataFile): "damaged"
        case .table: "table"
        case .refused: "refused"
        case .read: "read"
        case .log: "log"
        case .memory, .mapping, .growth: "memory"
        }
    }
}

extension Trouble: CustomStringConvertible {
    /// What failed, at which table, and the reason given by whoever failed.
    package var description: String {
        switch self {
        case .diskFull(let fault): "the tables' volume is full: \(fault)"
        case .tablesFull(let shortage): shortage.description
        case .table(let table, let error): "the table\(Self.naming(table)): \(error)"
        case .refused(let table, let refusal): "the table\(Self.naming(table)): \(refusal)"
        case .read(let error): "the log cannot be read: \(error)"
        case .log(let error): "the log does not take the pipeline's position: \(error)"
        case .memory(let error): error.description
        case .mapping(let error): "the mapping in the log: \(error)"
        case .growth(let error): "the columns in the log: \(error)"
        }
    }

    private static func naming(_ table: String) -> String { table.isEmpty ? "" : " '\(table)'" }
}
