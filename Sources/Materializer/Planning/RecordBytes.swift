package import Bytes

/// What the log keeps for a pipeline, as bytes.
///
///     ┌────────┬─────────┬──────────────┬──────────────┬──────┐
///     │ "MRF"  │ kind, 1 │ version, 1   │ CRC-32C, 4   │ body │  the checksum covers the body
///     └────────┴─────────┴──────────────┴──────────────┴──────┘
///
/// `Format.md` has the bodies. What cannot be understood is an error, never a trap: a store may
/// have been written by another version.
enum RecordKind: UInt8 {
    case memory = 1
    case progress = 2
    case replay = 3
    case redrive = 4

    /// The form of the body. Memory got a rebuild's wish with 2, a redrive its columns.
    var version: UInt8 {
        switch self {
        case .memory, .redrive: 2
        case .progress, .replay: 1
        }
    }
}

/// Why a record of the log cannot be used.
package enum RecordError: Error, Equatable, Sendable {
    case tooShort
    case unknown(kind: UInt8, version: UInt8)
    case badChecksum
    case malformed(DecodeError)
    /// It does not fit what the log keeps for one pipeline.
    case tooLarge(byteCount: Int, limit: Int)
}

extension RecordError: CustomStringConvertible {
    /// Why the pipeline cannot use what the log remembers.
    package var description: String {
        switch self {
        case .tooShort: "what the log remembers of the pipeline is cut off"
        case .unknown(let kind, let version):
            "what the log remembers of the pipeline has the unknown form \(kind).\(version)"
        case .badChecksum: "what the log remembers of the pipeline does not match its checksum"
        case .malformed(let error):
            "what the log remembers of the pipeline cannot be understood: \(error)"
        case .tooLarge(let byteCount, let limit):
            "the pipeline has \(byteCount) bytes to remember, and the limit is \(limit)"
        }
    }
}

enum RecordEnvelope {
    static let byteCount = 9
    private static let magic: [UInt8] = Array("MRF".utf8)

    static func wrap(_ kind: RecordKind, _ body: [UInt8]) -> [UInt8] {
        var writer = ByteWriter(reserving: byteCount + body.count)
        writer.append(magic)
        writer.append(kind.rawValue)
        writer.append(kind.version)
        writer.append(bigEndian: CRC32C.checksum(body.rawSpan))
        writer.append(body)
        return writer.bytes
    }

    static func unwrap(_ kind: RecordKind, _ bytes: [UInt8]) throws(RecordError) -> [UInt8] {
        guard bytes.count >= byteCount, bytes.prefix(3) == magic[...] else { throw .tooShort }
        guard bytes[3] == kind.rawValue, bytes[4] == kind.version else {
            throw .unknown(kind: bytes[3], version: bytes[4])
        }
        let checksum = bytes[5..<9].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let body = Array(bytes[9...])
        guard CRC32C.checksum(body.rawSpan) == checksum else { throw .badChecksum }
        return body
    }
}

extension ByteReader {
    /// A text behind its length.
    mutating func text() throws(DecodeError) -> String {
        let start = position
        let count = try length()
        let bytes = try array(count)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .badValue(position: start)
        }
        return text
    }

    /// Bytes behind their length.
    mutating func prefixed() throws(DecodeError) -> [UInt8] {
        let count = try length()
        return try array(count)
    }

    /// A varint that fits a non-negative `Int64`.
    mutating func natural() throws(DecodeError) -> Int64 {
        let start = position
        guard let value = Int64(exactly: try varint()) else { throw .badValue(position: start) }
        return value
    }

    /// A varint that fits the number of a generation or of an incarnation.
    mutating func generation() throws(DecodeError) -> UInt32 {
        let start = position
        guard let number = UInt32(exactly: try varint()) else { throw .badValue(position: start) }
        return number
    }

    /// Ranges of offsets, each its first and its end.
    mutating func ranges() throws(DecodeError) -> [Range<Int64>] {
        try list { (reader) throws(DecodeError) in
            let start = reader.position
            let (lower, upper) = (try reader.natural(), try reader.natural())
            guard lower <= upper else { throw .badValue(position: start) }
            return lower..<upper
        }
    }

    /// A count of things of which each takes a byte at least.
    mutating func count() throws(DecodeError) -> Int { try length() }

    mutating func flag() throws(DecodeError) -> Bool {
        let start = position
        switch try byte() {
        case 0: return false
        case 1: return true
        default: throw .badValue(position: start)
        }
    }

    /// Nothing, or what `body` reads.
    mutating func optional<Value>(
        _ body: (inout ByteReader) throws(DecodeError) -> Value
    ) throws(DecodeError) -> Value? {
        try flag() ? try body(&self) : nil
    }

    mutating func list<Value>(
        _ body: (inout ByteReader) throws(DecodeError) -> Value
    ) throws(DecodeError) -> [Value] {
        let count = try count()
        var list: [Value] = []
        list.reserveCapacity(min(count, 1024))
        for _ in 0..<count { list.append(try body(&self)) }
        return list
    }
}

extension ByteWriter {
    mutating func append(text: String) { append(prefixed: text.utf8) }

    mutating func append(natural value: Int64) { append(varint: UInt64(max(0, value))) }

    mutating func append(ranges: [Range<Int64>]) {
        append(list: ranges) { writer, range in
            writer.append(natural: range.lowerBound)
            writer.append(natural: range.upperBound)
        }
    }

    mutating func append(flag: Bool) { append(flag ? 1 : 0) }

    mutating func append<Value>(
        _ value: Value?, _ body: (inout ByteWriter, Value) -> Void
    ) {
        append(flag: value != nil)
        if let value { body(&self, value) }
    }

    mutating func append<Value>(
        list: [Value], _ body: (inout ByteWriter, Value) -> Void
    ) {
        append(varint: list.count)
        for value in list { body(&self, value) }
    }
}
