internal import Bytes

/// Reads the Thrift compact protocol from bytes that nobody vouches for.
///
/// A structure is read with `fields`; what is unknown in it is skipped. Nesting is bounded, and a
/// list can have no more elements than there are bytes.
struct ThriftReader: ~Escapable {
    /// The type in a field's header. A boolean's value is in it, too.
    struct FieldType: Equatable {
        let number: UInt8

        static let int8 = FieldType(number: 3)
        static let int16 = FieldType(number: 4)
        static let int32 = FieldType(number: 5)
        static let int64 = FieldType(number: 6)
        static let binary = FieldType(number: 8)
        static let list = FieldType(number: 9)
        static let structure = FieldType(number: 12)
    }

    private(set) var reader: ByteReader
    private var depth = 0
    private static let depthMax = 32

    @_lifetime(copy reader)
    init(_ reader: ByteReader) { self.reader = reader }

    /// Reads a structure field by field. `body` says whether it has read the field; if not, it is
    /// skipped.
    mutating func fields(
        _ body: (Int16, FieldType, inout ThriftReader) throws(DecodeError) -> Bool
    ) throws(DecodeError) {
        depth += 1
        guard depth < Self.depthMax else { throw .badValue(position: reader.position) }
        var number: Int16 = 0
        while true {
            let header = try reader.byte()
            if header == 0 { break }
            if header >> 4 == 0 {
                guard let next = Int16(exactly: try reader.zigzag()) else {
                    throw .badValue(position: reader.position)
                }
                number = next
            } else {
                number = number &+ Int16(header >> 4)
            }
            let type = FieldType(number: header & 15)
            if try !body(number, type, &self) { try skip(type) }
        }
        depth -= 1
    }

    mutating func bool(_ type: FieldType) throws(DecodeError) -> Bool {
        guard type.number == 1 || type.number == 2 else { throw failure }
        return type.number == 1
    }

    mutating func int32(_ type: FieldType) throws(DecodeError) -> Int32 {
        guard type == .int32 || type == .int16 else { throw failure }
        return try reader.zigzag32()
    }

    mutating func int64(_ type: FieldType) throws(DecodeError) -> Int64 {
        guard type == .int64 || type == .int32 else { throw failure }
        return try reader.zigzag()
    }

    mutating func int8(_ type: FieldType) throws(DecodeError) -> Int8 {
        guard type == .int8 else { throw failure }
        return Int8(bitPattern: try reader.byte())
    }

    mutating func binary(_ type: FieldType) throws(DecodeError) -> [UInt8] {
        guard type == .binary else { throw failure }
        return try reader.array(try reader.length())
    }

    mutating func string(_ type: FieldType) throws(DecodeError) -> String {
        let start = reader.position
        guard let text = String(validating: try binary(type), as: UTF8.self) else {
            throw .badValue(position: start)
        }
        return text
    }

    /// Reads a list whose elements `body` reads, each of the type it is told.
    mutating func list(
        _ type: FieldType, _ body: (FieldType, inout ThriftReader) throws(DecodeError) -> Void
    ) throws(DecodeError) {
        guard type == .list else { throw failure }
        let (elementType, count) = try listHeader()
        for _ in 0..<count { try body(elementType, &self) }
    }

    private var failure: DecodeError { .badValue(position: reader.position) }

    private mutating func listHeader() throws(DecodeError) -> (FieldType, Int) {
        let header = try reader.byte()
        let start = reader.position
        var count = Int(header >> 4)
        if count == 15 { count = try reader.length() }
        guard count <= reader.remaining else { throw .badLength(position: start) }
        return (FieldType(number: header & 15), count)
    }

    private mutating func skip(_ type: FieldType) throws(DecodeError) {
        switch type.number {
        case 1, 2: break
        case 3: try reader.skip(1)
        case 4, 5, 6: _ = try reader.varint()
        case 7: try reader.skip(8)
        case 8: try reader.skip(try reader.length())
        case 9, 10: try skipList()
        case 11: try skipMap()
        case 12: try fields { _, _, _ throws(DecodeError) in false }
        default: throw failure
        }
    }

    /// A boolean in a list or map takes a byte, other than in a structure.
    private mutating func skipElement(_ type: FieldType) throws(DecodeError) {
        if type.number <= 2 { try reader.skip(1) } else { try skip(type) }
    }

    private mutating func skipList() throws(DecodeError) {
        depth += 1
        guard depth < Self.depthMax else { throw failure }
        let (type, count) = try listHeader()
        for _ in 0..<count { try skipElement(type) }
        depth -= 1
    }

    private mutating func skipMap() throws(DecodeError) {
        depth += 1
        guard depth < Self.depthMax else { throw failure }
        let count = try reader.length()
        if count > 0 {
            let types = try reader.byte()
            for _ in 0..<count {
                try skipElement(FieldType(number: types >> 4))
                try skipElement(FieldType(number: types & 15))
            }
        }
        depth -= 1
    }
}
