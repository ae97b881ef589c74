/// Where a table lies. Paths are relative to the table's root, with `/` between their parts.
///
/// What it demands can be had from a POSIX file system and from an object store: creation that
/// fails when the object exists, whole and ranged reads, listing, and uploads in parts.
package protocol TableStorage: Sendable {
    associatedtype Upload: TableUpload

    /// The object's bytes; nil when there is none.
    func read(_ path: String) async throws(StorageFault) -> [UInt8]?

    /// Makes the object, whole and durable, unless there is one of that name.
    func create(_ path: String, _ bytes: [UInt8]) async throws(StorageFault) -> CreateOutcome

    /// Makes the object hold `bytes`, whatever it held. Durable on return.
    func replace(_ path: String, _ bytes: [UInt8]) async throws(StorageFault)

    /// The names of the objects in a directory, sorted; none when it does not exist.
    func names(in directory: String) async throws(StorageFault) -> [String]

    /// Begins an object that must not exist yet.
    func upload(_ path: String) async throws(StorageFault) -> Upload

    func remove(_ path: String) async throws(StorageFault)
}

/// An object that is being written.
package protocol TableUpload: ~Copyable, Sendable {
    mutating func append(_ bytes: [UInt8]) async throws(StorageFault)

    /// Completes the object. On return it is durable, its name included.
    mutating func finish() async throws(StorageFault)
}

package enum CreateOutcome: Sendable { case created, alreadyExists }
