internal import Bytes

extension ValueWriter {
    /// Any value.
    package mutating func append(_ value: AMQPValue) {
        switch value {
        case .null: appendNull()
        case .boolean(let value): append(boolean: value)
        case .uint(let value): append(uint: value)
        case .ulong(let value): append(ulong: value)
        case .int(let value): append(int: value)
        case .long(let value): append(long: value)
        case .string(let text): append(string: text)
        case .symbol(let symbol): append(symbol: symbol)
        case .binary(let bytes): append(binary: bytes)
        case .list(let elements): append(list: elements)
        case .map(let map): append(map: map)
        case .array(let array): append(array)
        case .described(let descriptor, let content):
            append(code: .described)
            append(descriptor)
            append(content)
        default:
            let code = value.widestCode
            append(code: code)
            append(value, as: code)
        }
    }

    private mutating func append(list elements: [AMQPValue]) {
        if elements.isEmpty { return append(code: .list0) }
        let begun = beginCompound()
        for element in elements { append(element) }
        endList(begun, count: elements.count)
    }

    /// What follows the widest code of the value's type. Elements of an array are sent so.
    mutating func append(_ value: AMQPValue, as code: FormatCode) {
        precondition(
            value.widestCode == code, "an array of code \(code) cannot hold \(value.widestCode)")
        switch value {
        case .null: break
        case .boolean(let value): bytes.append(value ? 1 : 0)
        case .ubyte(let value): bytes.append(value)
        case .byte(let value): bytes.append(UInt8(bitPattern: value))
        case .ushort(let value): bytes.append(bigEndian: value)
        case .short(let value): bytes.append(bigEndian: value)
        case .uint(let value), .char(let value), .decimal32(let value):
            bytes.append(bigEndian: value)
        case .int(let value): bytes.append(bigEndian: value)
        case .float(let value): bytes.append(bigEndian: value.bitPattern)
        case .ulong(let value), .decimal64(let value): bytes.append(bigEndian: value)
        case .long(let value), .timestamp(let value): bytes.append(bigEndian: value)
        case .double(let value): bytes.append(bigEndian: value.bitPattern)
        case .decimal128(let value), .uuid(let value): bytes.append(bigEndian: value)
        default: appendWide(value)
        }
    }

    /// The long form of a value of variable width, without its code.
    private mutating func appendWide(_ value: AMQPValue) {
        var inner = ValueWriter()
        switch value {
        case .binary(let bytes): inner.bytes.append(bytes)
        case .string(let text): inner.bytes.append(utf8: text)
        case .symbol(let symbol): inner.bytes.append(utf8: symbol.text)
        case .list(let elements):
            inner.bytes.append(bigEndian: UInt32(elements.count))
            for element in elements { inner.append(element) }
        case .map(let map):
            inner.bytes.append(bigEndian: UInt32(map.pairs.count * 2))
            for pair in map.pairs {
                inner.append(pair.key)
                inner.append(pair.value)
            }
        case .array(let array):
            inner.bytes.append(bigEndian: UInt32(array.elements.count))
            inner.appendElements(of: array)
        default: preconditionFailure("\(value.widestCode) has a fixed width")
        }
        bytes.append(bigEndian: UInt32(inner.count))
        bytes.append(inner.bytes.bytes)
    }

    /// The constructor of an array's elements, and the elements.
    mutating func appendElements(of array: AMQPArray) {
        if let descriptor = array.descriptor {
            append(code: .described)
            append(descriptor.value)
        }
        append(code: array.code)
        for element in array.elements { append(element, as: array.code) }
    }
}

extension AMQPValue {
    /// The code that holds every value of this one's type.
    var widestCode: FormatCode {
        switch self {
        case .null: .null
        case .boolean: .boolean
        case .ubyte: .ubyte
        case .byte: .byte
        case .ushort: .ushort
        case .short: .short
        case .uint: .uint
        case .int: .int
        case .float: .float
        case .char: .char
        case .decimal32: .decimal32
        case .ulong: .ulong
        case .long: .long
        case .double: .double
        case .timestamp: .timestamp
        case .decimal64: .decimal64
        case .decimal128: .decimal128
        case .uuid: .uuid
        case .binary: .binary32
        case .string: .string32
        case .symbol: .symbol32
        case .list: .list32
        case .map: .map32
        case .array: .array32
        case .described: .described
        }
    }
}

extension FormatCode {
    /// The code that holds every value of this one's type.
    var widest: FormatCode {
        switch self {
        case .yes, .no: .boolean
        case .uint0, .smallUint: .uint
        case .ulong0, .smallUlong: .ulong
        case .smallInt: .int
        case .smallLong: .long
        case .binary8: .binary32
        case .string8: .string32
        case .symbol8: .symbol32
        case .list0, .list8: .list32
        case .map8: .map32
        case .array8: .array32
        default: self
        }
    }
}
