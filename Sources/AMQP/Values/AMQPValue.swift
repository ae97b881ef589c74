/// Any value of AMQP's type system (part 1, section 1.6).
///
/// It keeps the type, not the encoding: 7 in one byte and 7 in four are the same `uint`. Whoever
/// has to keep the encoding keeps the bytes.
package enum AMQPValue: Hashable, Sendable {
    /// The absence of a value.
    case null
    /// True or false.
    case boolean(Bool)
    /// An unsigned integer of 8 bits.
    case ubyte(UInt8)
    /// An unsigned integer of 16 bits.
    case ushort(UInt16)
    /// An unsigned integer of 32 bits.
    case uint(UInt32)
    /// An unsigned integer of 64 bits.
    case ulong(UInt64)
    /// A signed integer of 8 bits.
    case byte(Int8)
    /// A signed integer of 16 bits.
    case short(Int16)
    /// A signed integer of 32 bits.
    case int(Int32)
    /// A signed integer of 64 bits.
    case long(Int64)
    /// A binary floating point number of 32 bits.
    case float(Float)
    /// A binary floating point number of 64 bits.
    case double(Double)
    /// A decimal floating point number of 32 bits, as IEEE 754 encodes it.
    case decimal32(UInt32)
    /// A decimal floating point number of 64 bits, as IEEE 754 encodes it.
    case decimal64(UInt64)
    /// A decimal floating point number of 128 bits, as IEEE 754 encodes it.
    case decimal128(UInt128)
    /// A Unicode scalar value. Peers can send what is none, so it stays a number.
    case char(UInt32)
    /// Milliseconds since 1970.
    case timestamp(Int64)
    /// 16 bytes, the first one highest.
    case uuid(UInt128)
    /// Bytes.
    case binary([UInt8])
    /// Text.
    case string(String)
    /// A name.
    case symbol(Symbol)
    /// Values in order.
    case list([AMQPValue])
    /// Pairs in order.
    case map(AMQPMap)
    /// Values of one type.
    case array(AMQPArray)
    /// A value with a descriptor, which gives it a meaning beyond its type.
    indirect case described(AMQPValue, AMQPValue)
}

extension AMQPValue {
    /// The text of a string or a symbol.
    package var text: String? {
        switch self {
        case .string(let text): text
        case .symbol(let symbol): symbol.text
        default: nil
        }
    }

    /// The number, if this is an integer of any width and it fits.
    package var integer: Int64? {
        switch self {
        case .ubyte(let value): Int64(value)
        case .ushort(let value): Int64(value)
        case .uint(let value): Int64(value)
        case .ulong(let value): Int64(exactly: value)
        case .byte(let value): Int64(value)
        case .short(let value): Int64(value)
        case .int(let value): Int64(value)
        case .long(let value): value
        default: nil
        }
    }

    /// The symbols of a field that may hold several: an array of them, a single one, or none.
    ///
    /// `nil` when there is something else in it.
    package var symbols: [Symbol]? {
        switch self {
        case .null: return []
        case .symbol(let symbol): return [symbol]
        case .array(let array):
            var symbols: [Symbol] = []
            for element in array.elements {
                guard case .symbol(let symbol) = element else { return nil }
                symbols.append(symbol)
            }
            return symbols
        default: return nil
        }
    }
}

/// Keys and values in the order in which they were sent. Keys may be of any type.
package struct AMQPMap: Hashable, Sendable {
    /// One key and its value.
    package struct Pair: Hashable, Sendable {
        /// What the value is found by.
        package var key: AMQPValue
        /// What is found.
        package var value: AMQPValue

        /// A pair of these two.
        package init(_ key: AMQPValue, _ value: AMQPValue) {
            self.key = key
            self.value = value
        }
    }

    /// All pairs. The standard forbids two with one key, but peers are not held to it.
    package var pairs: [Pair]

    /// A map of these pairs.
    package init(_ pairs: [Pair] = []) { self.pairs = pairs }

    /// A map whose keys are symbols, as annotations and properties of links have them.
    package init(symbols pairs: KeyValuePairs<Symbol, AMQPValue>) {
        self.pairs = pairs.map { Pair(.symbol($0.key), $0.value) }
    }

    /// A map whose keys are strings, as application properties have them.
    package init(strings pairs: KeyValuePairs<String, AMQPValue>) {
        self.pairs = pairs.map { Pair(.string($0.key), $0.value) }
    }

    /// The value of the first pair with this key.
    package subscript(key: AMQPValue) -> AMQPValue? {
        pairs.first { $0.key == key }?.value
    }

    /// The value of the first pair whose key is this symbol.
    package subscript(symbol key: Symbol) -> AMQPValue? { self[.symbol(key)] }

    /// The value of the first pair whose key is this string.
    package subscript(string key: String) -> AMQPValue? { self[.string(key)] }
}

/// Values of one type, which an array names once for all of them.
package struct AMQPArray: Hashable, Sendable {
    /// The widest code of the elements' type, also when there is no element to show it.
    package let code: FormatCode
    /// What describes every element, if they are described.
    package let descriptor: AMQPDescriptor?
    /// The elements, without their descriptor.
    package let elements: [AMQPValue]

    /// An array of symbols.
    package init(symbols: [Symbol]) {
        self.init(code: .symbol32, elements: symbols.map { .symbol($0) })
    }

    /// An array of strings.
    package init(strings: [String]) {
        self.init(code: .string32, elements: strings.map { .string($0) })
    }

    init(code: FormatCode, descriptor: AMQPDescriptor? = nil, elements: [AMQPValue]) {
        self.code = code.widest
        self.descriptor = descriptor
        self.elements = elements
    }
}

/// What gives a described value its meaning: a number in the standard, a name elsewhere.
package indirect enum AMQPDescriptor: Hashable, Sendable {
    /// A number: domain in the upper half, descriptor in the lower.
    case code(UInt64)
    /// A name.
    case name(Symbol)
    /// Anything else. The standard reserves such descriptors.
    case other(AMQPValue)

    /// The descriptor that this value is.
    package init(_ value: AMQPValue) {
        self =
            switch value {
            case .ulong(let code): .code(code)
            case .symbol(let name): .name(name)
            default: .other(value)
            }
    }

    /// The descriptor as the value it is sent as.
    package var value: AMQPValue {
        switch self {
        case .code(let code): .ulong(code)
        case .name(let name): .symbol(name)
        case .other(let value): value
        }
    }
}
