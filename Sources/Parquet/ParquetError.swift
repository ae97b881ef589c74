package import Bytes
package import Compression

/// Why bytes could not be read as a Parquet file. Bytes prove nothing, so none of these traps.
package enum ParquetError: Error, Equatable, Sendable {
    case notParquet
    case encrypted
    /// The footer, a page's header or a page's values cannot be what they claim.
    case malformed(DecodeError)
    /// Two things the file says contradict each other.
    case inconsistent(Contradiction)
    case unsupported(Unsupported)
    case compression(CompressionError)
    case tooLarge(count: Int64, limit: Int64)
    /// The caller did not hand in the bytes from here on.
    case missingBytes(offset: Int)

    /// What two parts of the file do not agree on.
    package enum Contradiction: Equatable, Sendable {
        case schema, levels, valueCount, dictionary, pageSize, checksum, rowCount, encoding
    }

    /// What the format allows, and this reader does not know.
    package enum Unsupported: Equatable, Sendable {
        case encoding(Int32)
        case codec(Int32)
        case pageKind(Int32)
        /// A column whose type has no place in a Delta table.
        case type(column: String)
    }
}

extension ParquetError: CustomStringConvertible {
    /// For the operator, who knows the file.
    package var description: String {
        switch self {
        case .notParquet: "the bytes are no Parquet file"
        case .encrypted: "the Parquet file is encrypted"
        case .malformed(let error): "the Parquet file is damaged: \(error)"
        case .inconsistent(let what): "the Parquet file contradicts itself: \(what)"
        case .unsupported(let what): "the Parquet file uses what is not supported: \(what)"
        case .compression(let error): "a page cannot be decompressed: \(error)"
        case .tooLarge(let count, let limit): "\(count) values or bytes at once, over \(limit)"
        case .missingBytes(let offset): "the bytes from \(offset) on are not at hand"
        }
    }
}

/// How much a file may make a reader hold at once, whatever it claims.
enum ReaderLimits {
    static let pageByteCountMax = 1 << 28
    static let chunkValueCountMax = 1 << 26
    /// Of all columns of a row group that are read at once.
    static let rowGroupByteCountMax = 1 << 30
    static let schemaElementCountMax = 1 << 16
    static let schemaDepthMax = 60
    static let chunkCountMax = 1 << 20
}

/// What is left of the memory that one row group may take.
///
/// WHY: a few bytes can stand for any number of values, and a dictionary's entry for any number of
/// copies, so what is decoded is counted and not only what is stored.
struct ReadAllowance {
    private(set) var byteCount: Int

    init(byteCount: Int = ReaderLimits.rowGroupByteCountMax) { self.byteCount = byteCount }

    mutating func take(_ count: Int) throws(ParquetError) {
        guard count <= byteCount else {
            throw .tooLarge(
                count: Int64(clamping: count), limit: Int64(ReaderLimits.rowGroupByteCountMax))
        }
        byteCount -= count
    }
}

/// Runs `body`, and names what it cannot decode as damage of the file.
func parsing<Value>(
    _ body: () throws(DecodeError) -> Value
) throws(ParquetError) -> Value {
    do { return try body() } catch { throw .malformed(error) }
}
