internal import Bytes
internal import Columns
internal import Parquet

/// A Parquet file in a storage, of which only what is asked for is read.
struct StoredParquet<Storage: TableStorage>: Sendable {
    let reader: FileReader
    private let storage: Storage
    private let path: String

    /// The first look at a file's end. Most footers are shorter, and so are most small files.
    private static var tailByteCount: Int { 64 << 10 }

    /// A row group without columns of its own still says how many rows it has.
    private static var rowCountMax: Int64 { 1 << 26 }

    /// Nil when there is no such object.
    static func open(
        _ path: String, in storage: Storage
    ) async throws(StoredParquetFault) -> StoredParquet? {
        do {
            guard let status = try await storage.status(of: path) else { return nil }
            guard let count = Int(exactly: status.byteCount), count >= 12 else {
                throw ParquetError.notParquet
            }
            let tail = try await storage.read(path, max(0, count - tailByteCount)..<count)
            guard var tail else { return nil }
            if tail.count == count {
                return StoredParquet(reader: try FileReader(tail), storage: storage, path: path)
            }
            let needed = try FileReader.footerByteCount(tail: tail, fileByteCount: count)
            if needed > tail.count {
                guard let longer = try await storage.read(path, count - needed..<count) else {
                    return nil
                }
                tail = longer
            }
            return StoredParquet(
                reader: try FileReader(tail: tail, fileByteCount: count), storage: storage,
                path: path)
        } catch let error as StorageFault {
            throw .storage(error)
        } catch {
            throw .unreadable(error as? ParquetError ?? .notParquet)
        }
    }

    /// Reads everything before the footer once, and holds it against the writer's checksum. False
    /// where there is none: the file is another writer's.
    func hasWholeBody() async throws(StoredParquetFault) -> Bool {
        guard let body = reader.body else { return false }
        var (position, checksum) = (0, UInt32(0))
        var piece = await piece(at: position, of: body)
        while position < body.byteCount {
            let bytes = try piece.get()
            position += bytes.count
            // The storage is never without work while this computes.
            async let next = self.piece(at: position, of: body)
            checksum = CRC32C.extend(checksum, by: bytes.rawSpan)
            piece = await next
        }
        guard checksum == body.checksum else { throw .unreadable(.inconsistent(.checksum)) }
        return true
    }

    private static var pieceByteCount: Int { 2 << 20 }

    /// The next bytes of the body, one at least where it has not ended.
    private func piece(
        at position: Int, of body: FileBody
    ) async -> Result<[UInt8], StoredParquetFault> {
        let range = position..<min(position + Self.pieceByteCount, body.byteCount)
        guard !range.isEmpty else { return .success([]) }
        do throws(StorageFault) {
            guard let bytes = try await storage.read(path, range), !bytes.isEmpty else {
                return .failure(.unreadable(.missingBytes(offset: position)))
            }
            return .success(bytes)
        } catch {
            return .failure(.storage(error))
        }
    }

    /// The rows of one row group, with the columns of these names.
    func read(
        rowGroup index: Int, columns: Set<String>
    ) async throws(StoredParquetFault) -> ColumnBatch {
        do {
            guard reader.rowCount(inRowGroup: index) <= Self.rowCountMax else {
                throw ParquetError.tooLarge(
                    count: reader.rowCount(inRowGroup: index), limit: Self.rowCountMax)
            }
            var parts: [FileReader.Part] = []
            for range in try reader.byteRanges(rowGroup: index, columns: columns) {
                guard let bytes = try await storage.read(path, range) else {
                    throw ParquetError.missingBytes(offset: range.lowerBound)
                }
                parts.append((range.lowerBound, bytes))
            }
            return try reader.read(rowGroup: index, columns: columns, from: parts)
        } catch let error as StorageFault {
            throw .storage(error)
        } catch {
            throw .unreadable(error as? ParquetError ?? .notParquet)
        }
    }
}

/// Why a Parquet file in a storage cannot be read.
enum StoredParquetFault: Error {
    case storage(StorageFault)
    case unreadable(ParquetError)

    /// The same as an error of a table's data file.
    func error(of path: String) -> TableError {
        switch self {
        case .storage(let fault): .storage(fault)
        case .unreadable(let error): .dataFile(path, .unreadable(error))
        }
    }
}
