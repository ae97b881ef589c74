internal import CLMDB

/// An LMDB call that failed.
package struct LMDBError: Error, Equatable, Sendable {
    /// What was being done.
    package enum Operation: String, Sendable {
        case create, open, begin, put, commit
    }

    /// What was being done.
    package let operation: Operation
    /// The environment's file.
    package let path: String
    /// A positive number is an `errno`, a negative one LMDB's own (lmdb.h, "Return Codes").
    package let code: Int32

    /// Whether the file has grown to the size of its map.
    package var isMapFull: Bool { code == MDB_MAP_FULL }

    static func check(_ code: Int32, _ operation: Operation, _ path: String) throws(LMDBError) {
        guard code == 0 else {
            throw LMDBError(operation: operation, path: path, code: code)
        }
    }
}

extension LMDBError: CustomStringConvertible {
    /// What was being done, to which file, and LMDB's reason.
    package var description: String {
        "cannot \(operation.rawValue) in \(path): \(Self.reason(of: code)) (code \(code))"
    }

    /// What LMDB says of such a code.
    package static func reason(of code: Int32) -> String {
        // SAFETY: `mdb_strerror` returns a constant, or what `strerror` returns for this thread.
        unsafe String(cString: mdb_strerror(code))
    }
}
