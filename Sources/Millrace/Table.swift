internal import Columns
internal import DeltaTable
public import StreamModel

/// A Delta table that a stream is written into, for any engine that reads Delta.
///
/// Every event is a row, found by `_partition` and `_offset`, with a column for each field of its
/// JSON. What cannot be a row is in the table beside it that ends in `_quarantine`.
public struct Table: Sendable, Equatable {
    /// Where it is.
    public let path: String
    /// Its newest version.
    public let version: Int64
    /// How many rows it has.
    public let rowCount: Int64
    /// The names of its columns, in order.
    public let columns: [String]

    /// The table at `path` as it is now.
    public init(at path: String) async throws(MaterializeError) {
        let snapshot: TableSnapshot
        do throws(TableError) {
            snapshot = try await TableSnapshot(newestIn: LocalStorage(path))
        } catch {
            throw .unreadable(path: path, reason: "\(error)")
        }
        self.path = path
        version = snapshot.version
        columns = snapshot.schema.fields.map(\.name)
        // Another engine may have marked rows of a file as deleted, without writing it anew.
        rowCount = snapshot.liveFiles.reduce(0) { count, file in
            count + (file.rowCount ?? 0) - (file.deletionVector?["cardinality"]?.integer ?? 0)
        }
    }
}

/// Why a stream cannot be written into a table. The stream has everything, and the next attempt
/// goes on where this one got to.
public enum MaterializeError: Error, Equatable, Sendable {
    /// The mapping cannot be used; the text says what of it.
    case mapping(String)
    /// The table is not what it was left as: somebody restored, overwrote or recreated it.
    case paused(path: String, reason: String)
    /// The disk or the table refuses; trying again later may help.
    case failed(path: String, reason: String)
    case unreadable(path: String, reason: String)
    case badName(NameError)
}

extension MaterializeError: CustomStringConvertible {
    /// What happened, and where.
    public var description: String {
        switch self {
        case .mapping(let text): text
        case .paused(let path, let reason): "the table \(path) does not follow, \(reason)"
        case .failed(let path, let reason): "the table \(path) cannot be written: \(reason)"
        case .unreadable(let path, let reason): "the table \(path) cannot be read: \(reason)"
        case .badName(let error): error.description
        }
    }
}
