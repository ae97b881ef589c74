/// Where a table lies. Paths are relative to the table's root, with `/` between their parts.
///
/// What it demands can be had from a POSIX file system and from an object store: creation that
/// fails when the object exists, whole and ranged reads, listing, and uploads in parts.
package protocol TableStorage: Sendable {
    associatedtype Upload: TableUpload

    /// The object's bytes; nil when there is none.
    func read(_ path: String) async throws(StorageFault) -> [UInt8]?

    /// The bytes of `range` of an object, as far as it goes; nil when there is no such object.
    func read(_ path: String, _ range: Range<Int>) async throws(StorageFault) -> [UInt8]?

    /// Nil when there is no such object.
    func status(of path: String) async throws(StorageFault) -> ObjectStatus?

    /// Makes the object, whole and durable, unless there is one of that name.
    func create(_ path: String, _ bytes: [UInt8]) async throws(StorageFault) -> CreateOutcome

    /// Makes the object hold `bytes`, whatever it held. Durable on return.
    func replace(_ path: String, _ bytes: [UInt8]) async throws(StorageFault)

    /// The names of the objects in a directory, sorted; none when it does not exist.
    func names(in directory: String) async throws(StorageFault) -> [String]

    /// Every object of the table, in whatever directory, but for those in directories that
    /// `isSkipped` names by their own name.
    func objects(
        skipping isSkipped: @Sendable (String) -> Bool
    ) async throws(StorageFault) -> [ObjectStatus]

    /// Begins an object.
    func upload(
        _ path: String, ifExists: UploadPolicy
    ) async throws(StorageFault) -> Upload

    /// The path below the table's root of what a log calls `path`: that itself, unless it is an
    /// absolute one that leads back here. Other absolute ones stay as they are.
    func relative(_ path: String) -> String

    func remove(_ path: String) async throws(StorageFault)
}

/// An object that is being written.
package protocol TableUpload: ~Copyable, Sendable {
    mutating func append(_ bytes: [UInt8]) async throws(StorageFault)

    /// Completes the object. On return it is durable, its name included.
    mutating func finish() async throws(StorageFault)
}

/// Whether an object was made. Losing to another writer is an answer, not a fault.
package enum CreateOutcome: Sendable { case created, alreadyExists }

/// What happens to an object that has the name of one to be uploaded.
package enum UploadPolicy: Sendable { case fail, replace }

/// An object, as a storage lists it.
package struct ObjectStatus: Equatable, Sendable {
    /// Below the table's root.
    package let path: String
    /// As the storage has it, whatever the log says.
    package let byteCount: Int64
    /// Milliseconds since 1970-01-01T00:00:00Z.
    package let modificationTime: Int64
}
