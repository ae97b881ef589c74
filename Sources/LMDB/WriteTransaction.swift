internal import Bytes
internal import CLMDB

/// Values that become durable together. Committing consumes it; letting it go aborts it.
@safe
package struct WriteTransaction: ~Copyable {
    private let handle: OpaquePointer
    private let tree: UInt32
    private let path: String
    private let pageByteCount: Int
    private var isOpen = true

    init(_ handle: OpaquePointer, tree: UInt32, path: String, _ pageByteCount: Int) {
        unsafe self.handle = handle
        self.tree = tree
        self.path = path
        self.pageByteCount = pageByteCount
    }

    deinit { if isOpen { unsafe mdb_txn_abort(handle) } }

    /// Adds a value of `byteCount` bytes under `key`, which has to sort after every key there is.
    ///
    /// `fill` gets the value's place in LMDB's own page buffer, so that the bytes are copied once;
    /// whatever it leaves out is zero. The value takes pages of its own (it has to be too large for
    /// a leaf), and the answer is where in the file it will lie: the position of its first byte.
    package mutating func append(
        key: [UInt8], byteCount: Int, fill: (inout OutputRawSpan) -> Void
    ) throws(LMDBError) -> Int {
        precondition(byteCount > pageByteCount / 2, "\(byteCount) bytes would share a leaf page")
        var data = unsafe MDB_val(mv_size: byteCount, mv_data: nil)
        let flags = UInt32(MDB_RESERVE | MDB_APPEND)
        // SAFETY: LMDB copies the key before it returns.
        let code = unsafe key.withUnsafeBytes { bytes in
            var name = unsafe MDB_val(
                mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
            return unsafe mdb_put(handle, tree, &name, &data, flags)
        }
        try LMDBError.check(code, .put, path)
        guard let start = unsafe data.mv_data else {
            preconditionFailure("LMDB reserved \(byteCount) bytes nowhere")
        }
        // SAFETY: MDB_RESERVE returned `byteCount` bytes, valid until the transaction's next call.
        let place = unsafe UnsafeMutableRawBufferPointer(start: start, count: byteCount)
        var output = unsafe OutputRawSpan(buffer: place, initializedCount: 0)
        fill(&output)
        let filled = unsafe output.finalize(for: place)
        unsafe UnsafeMutableRawBufferPointer(rebasing: place[filled...])
            .initializeMemory(as: UInt8.self, repeating: 0)
        // SAFETY: a value that has pages of its own starts one page header after the first of
        // them, and the header's first field is the page number (mdb.c, `struct MDB_page`).
        let page = unsafe (start - PageLayout.headerByteCount).loadUnaligned(as: UInt64.self)
        return Int(page) * pageByteCount + PageLayout.headerByteCount
    }

    /// Returns when the device holds the values. The meta page that leads to them follows later.
    ///
    /// After an error it is not known whether they will be there when the file is opened again.
    package consuming func commit() throws(LMDBError) {
        isOpen = false
        try LMDBError.check(unsafe mdb_txn_commit(handle), .commit, path)
    }
}
