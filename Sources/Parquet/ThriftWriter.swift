internal import Bytes

/// Writes the Thrift compact protocol, as far as Parquet uses it.
///
/// A field's header holds the distance to the number of the field before it, so fields are written
/// in the order of their numbers.
struct ThriftWriter {
    enum ElementType: UInt8 {
        case bool = 1
        case int32 = 5
        case int64 = 6
        case binary = 8
        case list = 9
        case structure = 12
    }

    private(set) var output = ByteWriter(reserving: 256)
    private var lastField: Int16 = 0

    /// The bytes of one structure.
    static func encode(_ body: (inout ThriftWriter) -> Void) -> [UInt8] {
        var writer = ThriftWriter()
        body(&writer)
        writer.output.append(0)
        return writer.output.bytes
    }

    mutating func field(_ number: Int16, int32 value: Int32) {
        header(number, ElementType.int32.rawValue)
        output.append(zigzag: Int64(value))
    }

    mutating func field(_ number: Int16, int64 value: Int64) {
        header(number, ElementType.int64.rawValue)
        output.append(zigzag: value)
    }

    mutating func field(_ number: Int16, int16 value: Int16) {
        header(number, 4)
        output.append(zigzag: Int64(value))
    }

    mutating func field(_ number: Int16, int8 value: Int8) {
        header(number, 3)
        output.append(UInt8(bitPattern: value))
    }

    mutating func field(_ number: Int16, bool value: Bool) { header(number, value ? 1 : 2) }

    mutating func field(_ number: Int16, binary value: [UInt8]) {
        header(number, ElementType.binary.rawValue)
        output.append(prefixed: value)
    }

    mutating func field(_ number: Int16, string value: String) {
        field(number, binary: Array(value.utf8))
    }

    mutating func field(_ number: Int16, structure body: (inout ThriftWriter) -> Void) {
        header(number, ElementType.structure.rawValue)
        structure(body)
    }

    /// A list, whose elements `body` writes with the functions below.
    mutating func field<Element>(
        _ number: Int16, list: [Element], of type: ElementType,
        _ body: (inout ThriftWriter, Element) -> Void
    ) {
        header(number, ElementType.list.rawValue)
        if list.count < 15 {
            output.append(UInt8(list.count) << 4 | type.rawValue)
        } else {
            output.append(0xF0 | type.rawValue)
            output.append(varint: list.count)
        }
        for element in list { body(&self, element) }
    }

    // MARK: Elements of a list

    mutating func structure(_ body: (inout ThriftWriter) -> Void) {
        let outer = lastField
        lastField = 0
        body(&self)
        output.append(0)
        lastField = outer
    }

    mutating func element(int32 value: Int32) { output.append(zigzag: Int64(value)) }

    mutating func element(int64 value: Int64) { output.append(zigzag: value) }

    mutating func element(bool value: Bool) { output.append(value ? 1 : 2) }

    mutating func element(binary value: [UInt8]) { output.append(prefixed: value) }

    private mutating func header(_ number: Int16, _ type: UInt8) {
        let distance = number - lastField
        precondition(distance > 0, "field \(number) was written after field \(lastField)")
        if distance <= 15 {
            output.append(UInt8(distance) << 4 | type)
        } else {
            output.append(type)
            output.append(zigzag: Int64(number))
        }
        lastField = number
    }
}
