internal import Bytes
internal import CLimits
internal import CZstd
internal import Glibc

// What the machine itself can do: the limits that figures are held against. Each is as bare as it
// can be; whatever the product adds shows as the distance to it.

/// A limit could not be measured.
struct LimitError: Error, CustomStringConvertible {
    let operation: String
    let code: Int32

    var description: String { "\(operation) failed with code \(code)" }

    static func check(_ code: Int32, _ operation: String) throws(LimitError) {
        guard code == 0 else { throw LimitError(operation: operation, code: code) }
    }

    static func last(_ operation: String) -> LimitError {
        LimitError(operation: operation, code: errno)
    }
}

/// Random bytes, so that nothing below can gain by compression or by finding the same block again.
struct Payload {
    private let bytes: [UInt8]
    private var position = 0
    let byteCount: Int

    /// Payloads of `byteCount` bytes. The pool is far larger than one of them; each call of `next`
    /// begins elsewhere in it.
    init(byteCount: Int) throws {
        self.byteCount = byteCount
        let source = try BenchmarkFile("/dev/urandom", O_RDONLY)
        var pool = [UInt8](repeating: 0, count: byteCount + (1 << 20))
        var filled = 0
        while filled < pool.count {
            // SAFETY: the pointer is used only inside the closure, for the bytes that are left.
            let count = unsafe pool[filled...].withUnsafeMutableBytes { bytes in
                unsafe read(source.descriptor, bytes.baseAddress, bytes.count)
            }
            guard count > 0 else { throw LimitError.last("read \(source.path)") }
            filled += count
        }
        bytes = pool
    }

    mutating func next() -> ArraySlice<UInt8> {
        if position + byteCount > bytes.count { position %= 509 }
        defer { position += max(byteCount, 4096) + 1 }
        return bytes[position..<(position + byteCount)]
    }
}

/// An open file that is closed when it is let go.
final class BenchmarkFile {
    let path: String
    let descriptor: Int32

    init(_ path: String, _ flags: Int32) throws {
        self.path = path
        descriptor = unsafe open(path, flags | O_CLOEXEC, 0o644)
        if descriptor < 0 { throw LimitError.last("open \(path)") }
    }

    deinit { close(descriptor) }

    var byteCount: Int {
        get throws {
            var status = stat()
            guard unsafe fstat(descriptor, &status) == 0 else { throw LimitError.last("fstat") }
            return Int(status.st_size)
        }
    }
}

/// `pwrite` of one block at the same place, then `fdatasync`: no block is allocated and no size
/// changes, so that the time is the device's own.
final class OverwrittenFile {
    private let file: BenchmarkFile
    private var payload: Payload

    init(below directory: String) throws {
        file = try BenchmarkFile("\(directory)/overwritten", O_WRONLY | O_CREAT)
        payload = try Payload(byteCount: 4096)
        _ = try run(flushes: 1)
    }

    deinit { unsafe _ = unlink(file.path) }

    /// Flushes one block again and again; amounts are flushes.
    func run(flushes: Int) throws -> Measurement {
        try Measurement(steps: flushes, amountPerStep: 1) {
            let block = payload.next()
            // SAFETY: the pointer is used only inside the closure.
            let written = unsafe block.withUnsafeBytes { bytes in
                unsafe pwrite(file.descriptor, bytes.baseAddress, bytes.count, 0)
            }
            guard written == block.count else { throw LimitError.last("pwrite") }
            guard fdatasync(file.descriptor) == 0 else { throw LimitError.last("fdatasync") }
        }
    }
}

/// `write`, then `fdatasync`, on a file that grows: the least that a durable append can be.
final class FlushedFile {
    private let file: BenchmarkFile
    private var payload: Payload

    init(below directory: String, groupByteCount: Int) throws {
        file = try BenchmarkFile("\(directory)/flushed-\(groupByteCount)", O_WRONLY | O_CREAT)
        payload = try Payload(byteCount: groupByteCount)
    }

    deinit { unsafe _ = unlink(file.path) }

    var path: String { file.path }

    /// Appends groups, each durable before the next; amounts are bytes.
    func run(groups: Int) throws -> Measurement {
        try Measurement(steps: groups, amountPerStep: Double(payload.byteCount)) {
            let group = payload.next()
            // SAFETY: the pointer is used only inside the closure.
            let written = unsafe group.withUnsafeBytes { bytes in
                unsafe write(file.descriptor, bytes.baseAddress, bytes.count)
            }
            guard written == group.count else { throw LimitError.last("write") }
            guard fdatasync(file.descriptor) == 0 else { throw LimitError.last("fdatasync") }
        }
    }
}

/// LMDB in C: one value a commit under MDB_APPEND, durable, in files of 64 MiB.
///
/// Safe, because the handle is open from `init` to `deinit` and never handed out.
@safe
final class BareLMDB {
    private let directory: String
    private let store: OpaquePointer
    private var payload: Payload

    /// Takes `directory` for itself and removes it in the end.
    init(below directory: String, valueByteCount: Int, segmentByteCount: Int = 64 << 20) throws {
        self.directory = try Scratch.makeDirectory("lmdb-\(valueByteCount)", below: directory)
        payload = try Payload(byteCount: valueByteCount)
        var opened: OpaquePointer?
        let code = unsafe bare_lmdb_open(self.directory, segmentByteCount, &opened)
        guard code == 0, let opened = unsafe opened else {
            throw LimitError(operation: "bare_lmdb_open", code: code)
        }
        unsafe store = opened
    }

    deinit {
        unsafe bare_lmdb_close(store)
        Scratch.remove(directory)
    }

    /// Commits values, each durable before the next; amounts are bytes of the values.
    func run(commits: Int) throws -> Measurement {
        try Measurement(steps: commits, amountPerStep: Double(payload.byteCount)) {
            let value = payload.next()
            // SAFETY: LMDB copies the value before the call returns.
            let code = unsafe value.withUnsafeBytes { bytes in
                unsafe bare_lmdb_append(store, bytes.baseAddress, bytes.count)
            }
            try LimitError.check(code, "bare_lmdb_append")
        }
    }
}

/// SQLite in WAL mode with `synchronous=FULL`: rows of an integer key and a blob.
///
/// Safe, because the handle is open from `init` to `deinit` and never handed out.
@safe
final class BareSQLite {
    private let directory: String
    private let store: OpaquePointer
    private let rowsPerTransaction: Int
    private let rowByteCount: Int
    private var payload: Payload

    init(below directory: String, rowByteCount: Int = 1000, rowsPerTransaction: Int = 1000) throws {
        self.directory = try Scratch.makeDirectory("sqlite", below: directory)
        self.rowsPerTransaction = rowsPerTransaction
        self.rowByteCount = rowByteCount
        payload = try Payload(byteCount: rowByteCount * rowsPerTransaction)
        var opened: OpaquePointer?
        let code = unsafe bare_sqlite_open("\(self.directory)/events.sqlite", &opened)
        guard code == 0, let opened = unsafe opened else {
            throw LimitError(operation: "bare_sqlite_open", code: code)
        }
        unsafe store = opened
    }

    deinit {
        unsafe bare_sqlite_close(store)
        Scratch.remove(directory)
    }

    /// Inserts whole transactions; amounts are rows, latencies those of transactions.
    func run(transactions: Int) throws -> Measurement {
        try Measurement(steps: transactions, amountPerStep: Double(rowsPerTransaction)) {
            let rows = payload.next()
            // SAFETY: the rows lie one after the other in the slice, and SQLite is done with them
            // when the call returns.
            let code = unsafe rows.withUnsafeBytes { bytes in
                unsafe bare_sqlite_insert(
                    store, bytes.baseAddress, rowByteCount, rowByteCount, rowsPerTransaction)
            }
            try LimitError.check(code, "bare_sqlite_insert")
        }
    }
}

/// `pread` of files in pieces, and the CRC-32C of what was read: the least that a verifying read
/// can be.
enum ChecksummedRead {
    /// Reads every file once, from its start to its end; amounts are bytes. The checksum of all of
    /// them together is there so that nobody can leave the work out.
    @discardableResult
    static func run(
        _ paths: [String], pieceByteCount: Int = 256 << 10
    ) throws -> (measurement: Measurement, checksum: UInt32) {
        var piece = [UInt8](repeating: 0, count: pieceByteCount)
        var crc: UInt32 = 0
        var total = 0
        let start = ContinuousClock.now
        for path in paths {
            let file = try BenchmarkFile(path, O_RDONLY)
            var position = 0
            while true {
                // SAFETY: the pointer is used only inside the closure, for as many bytes as it has.
                let count = unsafe piece.withUnsafeMutableBytes { bytes in
                    unsafe pread(file.descriptor, bytes.baseAddress, bytes.count, off_t(position))
                }
                guard count >= 0 else { throw LimitError.last("pread \(path)") }
                if count == 0 { break }
                // SAFETY: bytes have no padding; the span ends inside the statement.
                crc = CRC32C.extend(crc, by: unsafe piece.span.extracting(first: count).bytes)
                position += count
            }
            total += position
        }
        let seconds = start.duration(to: .now).inSeconds
        return (Measurement(amount: Double(total), seconds: seconds), crc)
    }
}

/// Zstandard over a whole file at once.
enum WholeFileZstd {
    /// How many bytes the file takes at `level`.
    static func compressedByteCount(of path: String, level: Int32 = 3) throws -> Int {
        let file = try BenchmarkFile(path, O_RDONLY)
        let byteCount = try file.byteCount
        let source = unsafe mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, file.descriptor, 0)
        guard unsafe source != MAP_FAILED else { throw LimitError.last("mmap \(path)") }
        defer { unsafe munmap(source, byteCount) }

        var target = [UInt8](repeating: 0, count: ZSTD_compressBound(byteCount))
        // SAFETY: the map holds `byteCount` bytes until the end of this function.
        let count = unsafe target.withUnsafeMutableBytes { bytes in
            unsafe ZSTD_compress(bytes.baseAddress, bytes.count, source, byteCount, level)
        }
        guard ZSTD_isError(count) == 0 else {
            throw LimitError(operation: "ZSTD_compress \(path)", code: EIO)
        }
        return count
    }
}
