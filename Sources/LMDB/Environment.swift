internal import Bytes
internal import CLMDB

/// One LMDB file that this process created and that only one thread of it writes.
///
/// It is opened without LMDB's own lock file and reader table: nobody reads through LMDB, so no
/// reader can hold pages back, and the owner of the store holds a lock of its own.
///
/// One flush a commit: that of the pages. The meta page is written after it and not flushed
/// (lmdb.h, `MDB_NOMETASYNC`), so after a power cut LMDB may see an older tree. Whoever opens the
/// file again must find the values by themselves, without the tree.
///
/// The type is not `Sendable`: whoever owns the writing thread keeps it there.
@safe
package final class Environment {
    /// The file.
    package let path: String
    /// What LMDB chose when it made the file.
    package let pageByteCount: Int
    private let handle: OpaquePointer
    private let tree: UInt32

    private static let flags = UInt32(
        MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOTLS | MDB_NOMETASYNC)

    /// Creates the file, or opens it when it exists, with room for `mapByteCount` bytes.
    package init(creating path: String, mapByteCount: Int) throws(LMDBError) {
        var created: OpaquePointer?
        try LMDBError.check(unsafe mdb_env_create(&created), .create, path)
        guard let handle = unsafe created else {
            preconditionFailure("mdb_env_create reported success without an environment")
        }
        do {
            try LMDBError.check(unsafe mdb_env_set_mapsize(handle, mapByteCount), .open, path)
            try LMDBError.check(unsafe mdb_env_open(handle, path, Self.flags, 0o600), .open, path)
            tree = unsafe try Self.openTree(of: handle, path)
            var found = MDB_stat()
            try LMDBError.check(unsafe mdb_env_stat(handle, &found), .open, path)
            pageByteCount = Int(found.ms_psize)
        } catch {
            unsafe mdb_env_close(handle)
            throw error
        }
        unsafe self.handle = handle
        self.path = path
    }

    deinit { unsafe mdb_env_close(handle) }

    private static func openTree(
        of handle: OpaquePointer, _ path: String
    ) throws(LMDBError) -> UInt32 {
        var transaction: OpaquePointer?
        try LMDBError.check(unsafe mdb_txn_begin(handle, nil, 0, &transaction), .begin, path)
        var tree: UInt32 = 0
        let code = unsafe mdb_dbi_open(transaction, nil, 0, &tree)
        unsafe mdb_txn_abort(transaction)
        try LMDBError.check(code, .open, path)
        return tree
    }

    /// Begins the only write transaction there may be.
    package func begin() throws(LMDBError) -> WriteTransaction {
        var begun: OpaquePointer?
        try LMDBError.check(unsafe mdb_txn_begin(handle, nil, 0, &begun), .begin, path)
        guard let transaction = unsafe begun else {
            preconditionFailure("mdb_txn_begin reported success without a transaction")
        }
        return unsafe WriteTransaction(transaction, tree: tree, path: path, pageByteCount)
    }
}
