package import Bytes
internal import Columns
internal import Compression

/// The rows of a file that belong to the table no longer (PROTOCOL.md, "Deletion Vectors").
struct DeletionVector: Sendable {
    private let rows: RoaringBitmap

    private static let magic: UInt32 = 1_681_511_377
    /// The older form, which the example of PROTOCOL.md has.
    private static let magicOfList: UInt32 = 1_681_511_376
    private static let fileVersion: UInt8 = 1
    /// A vector of a file with as many rows as a file may have is far smaller.
    private static let byteCountMax: Int64 = 1 << 28

    /// Reads what the `deletionVector` of an `add` describes.
    init(
        _ descriptor: JSON, in storage: some TableStorage
    ) async throws(DeletionVectorFault) {
        guard let place = descriptor["pathOrInlineDv"]?.text,
            let byteCount = descriptor["sizeInBytes"]?.integer,
            let count = descriptor["cardinality"]?.integer,
            (0...Self.byteCountMax).contains(byteCount)
        else { throw .damage(.descriptor) }
        let payload: [UInt8]
        switch descriptor["storageType"]?.text {
        case "i":
            guard let bytes = Z85.decoded(place.utf8), bytes.count >= byteCount else {
                throw .damage(.descriptor)
            }
            payload = Array(bytes.prefix(Int(byteCount)))
        case "u":
            guard let path = Self.path(of: place) else { throw .damage(.descriptor) }
            payload = try await Self.payload(
                in: storage, path, descriptor["offset"]?.integer ?? 0, Int(byteCount))
        case "p":
            payload = try await Self.payload(
                in: storage, PathEncoding.decoded(place), descriptor["offset"]?.integer ?? 0,
                Int(byteCount))
        default: throw .damage(.descriptor)
        }
        do { rows = try Self.parse(payload) } catch { throw .damage(.malformed(error)) }
        guard rows.count == count else { throw .damage(.otherCount) }
    }

    /// The file that a random prefix and the text of a UUID name.
    static func path(of place: String) -> String? {
        let characters = Array(place.utf8)
        guard characters.count >= 20, let id = Z85.decoded(characters.suffix(20)) else {
            return nil
        }
        var text = ""
        for (index, byte) in id.enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append("-") }
            let digits = String(byte, radix: 16)
            text += digits.count == 1 ? "0" + digits : digits
        }
        let prefix = String(decoding: characters.dropLast(20), as: UTF8.self)
        return (prefix.isEmpty ? "" : prefix + "/") + "deletion_vector_\(text).bin"
    }

    private static func payload(
        in storage: some TableStorage, _ path: String, _ offset: Int64, _ byteCount: Int
    ) async throws(DeletionVectorFault) -> [UInt8] {
        guard let start = Int(exactly: offset), start >= 0, start < Int.max / 2 else {
            throw .damage(.descriptor)
        }
        // The file's version, then length, payload and checksum at the offset.
        let framed: [UInt8]
        do {
            guard let version = try await storage.read(path, 0..<1),
                let found = try await storage.read(path, start..<start + byteCount + 8)
            else { throw DeletionVectorFault.damage(.missing) }
            guard version.first == fileVersion else { throw DeletionVectorFault.damage(.version) }
            framed = found
        } catch let error as StorageFault {
            throw .storage(error)
        } catch {
            throw (error as? DeletionVectorFault) ?? .damage(.missing)
        }
        var reader = ByteReader(framed.rawSpan)
        do {
            guard Int(try reader.integer(as: UInt32.self)) == byteCount else {
                throw DeletionVectorFault.damage(.otherSize)
            }
            let first = try reader.take(byteCount)
            let checksum = try reader.integer(as: UInt32.self)
            guard CRC32.checksum(framed.rawSpan.extracting(first..<first + byteCount)) == checksum
            else { throw DeletionVectorFault.damage(.checksum) }
            return Array(framed[first..<first + byteCount])
        } catch let error as DecodeError {
            throw .damage(.malformed(error))
        } catch {
            throw (error as? DeletionVectorFault) ?? .damage(.otherSize)
        }
    }

    private static func parse(_ payload: [UInt8]) throws(DecodeError) -> RoaringBitmap {
        var reader = ByteReader(payload.rawSpan)
        let found = try reader.littleEndian(as: UInt32.self)
        if found == magic { return try RoaringBitmap(&reader) }
        if found == magicOfList || found == magicOfList.byteSwapped {
            return try RoaringBitmap(listIn: &reader, isBigEndian: found != magicOfList)
        }
        throw .badValue(position: 0)
    }

    /// A bit for each row of `range`, set where the row belongs to the table.
    func kept(in range: Range<Int64>) -> Bits {
        rows.absent(in: UInt64(range.lowerBound)..<UInt64(range.upperBound))
    }

    /// Whether all rows it names are among the first `count`.
    func isWithin(_ count: Int64) -> Bool { (rows.last.map { Int64($0) } ?? -1) < count }
}

/// Why a deletion vector cannot be had.
enum DeletionVectorFault: Error {
    case damage(DeletionVectorDamage)
    case storage(StorageFault)
}

/// What is wrong with a deletion vector.
package enum DeletionVectorDamage: Error, Equatable, Sendable {
    case descriptor, missing, version, otherSize, checksum, otherCount, beyondTheRows
    case malformed(DecodeError)
}

extension DeletionVectorDamage: CustomStringConvertible {
    /// What is wrong, as part of a sentence that names the file.
    package var description: String {
        switch self {
        case .descriptor: "its deletion vector is described in a way that makes no sense"
        case .missing: "the file of its deletion vector is not there"
        case .version: "the file of its deletion vector is of an unknown version"
        case .otherSize: "its deletion vector is not as long as the log says"
        case .checksum: "its deletion vector does not match its checksum"
        case .otherCount: "its deletion vector does not name as many rows as the log says"
        case .beyondTheRows: "its deletion vector names rows that the file does not have"
        case .malformed(let error): "its deletion vector is damaged: \(error)"
        }
    }
}
