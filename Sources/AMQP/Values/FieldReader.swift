public import Bytes

/// The elements of a list or a map, one after the other.
///
/// A field that is null and one that the peer left out at the end are the same (part 1, section
/// 1.4), so every read returns `nil` for both.
@usableFromInline
package struct FieldReader: ~Escapable {
    /// What is left of the elements' bytes.
    @usableFromInline package var values: ValueReader
    /// How many elements have not been read. Whoever reads from `values` counts them here.
    @usableFromInline package var left: Int

    @_lifetime(copy values)
    @inlinable init(_ values: consuming ValueReader, count: Int) {
        self.values = values
        left = count
    }

    /// Counts the next field as read. False when the list has ended.
    @inlinable mutating func step() -> Bool {
        guard left > 0 else { return false }
        left &-= 1
        return true
    }

    /// Steps over a field of any type.
    @inlinable package mutating func skip() throws(DecodeError) {
        if step() { try values.skip() }
    }

    /// Makes sure that the count and the size of the list agree, once all fields have been read.
    @inlinable package func end() throws(DecodeError) {
        guard left == 0, values.isAtEnd else { throw .badLength(position: values.position) }
    }

    /// Steps over fields beyond those the standard names, then does as `end`.
    @inlinable package mutating func skipRest() throws(DecodeError) {
        while left > 0 { try skip() }
        try end()
    }

    /// A boolean field.
    @inlinable package mutating func boolean() throws(DecodeError) -> Bool? {
        step() ? try values.boolean() : nil
    }

    /// A `ubyte` field.
    @inlinable package mutating func ubyte() throws(DecodeError) -> UInt8? {
        step() ? try values.ubyte() : nil
    }

    /// A `ushort` field.
    @inlinable package mutating func ushort() throws(DecodeError) -> UInt16? {
        step() ? try values.ushort() : nil
    }

    /// A `uint` field.
    @inlinable package mutating func uint() throws(DecodeError) -> UInt32? {
        step() ? try values.uint() : nil
    }

    /// A `ulong` field.
    @inlinable package mutating func ulong() throws(DecodeError) -> UInt64? {
        step() ? try values.ulong() : nil
    }

    /// A timestamp field, in milliseconds since 1970.
    @inlinable package mutating func timestamp() throws(DecodeError) -> Int64? {
        step() ? try values.timestamp() : nil
    }

    /// A string field.
    package mutating func string() throws(DecodeError) -> String? {
        step() ? try values.string() : nil
    }

    /// A symbol field.
    package mutating func symbol() throws(DecodeError) -> Symbol? {
        step() ? try values.symbol() : nil
    }

    /// A field of one symbol or an array of them.
    package mutating func symbols() throws(DecodeError) -> [Symbol] {
        let start = values.position
        guard let value = try value(), let symbols = value.symbols else {
            throw .badValue(position: start)
        }
        return symbols
    }

    /// A binary field, copied.
    package mutating func binary() throws(DecodeError) -> [UInt8]? {
        step() ? try values.binary() : nil
    }

    /// Where the bytes of a binary field lie.
    @inlinable package mutating func binaryRange() throws(DecodeError) -> Range<Int>? {
        step() ? try values.binaryRange() : nil
    }

    /// A field of any type; null when it is left out.
    package mutating func value() throws(DecodeError) -> AMQPValue? {
        step() ? try values.value() : .null
    }

    /// A map field.
    package mutating func map() throws(DecodeError) -> AMQPMap? {
        let start = values.position
        switch try value() {
        case .map(let map): return map
        case .null, nil: return nil
        default: throw .badValue(position: start)
        }
    }
}

extension FieldReader {
    /// What a field has to hold, if it does. Null is an error at `position`.
    @inlinable
    package func require<Value>(_ value: Value?) throws(DecodeError) -> Value {
        guard let value else { throw .badValue(position: values.position) }
        return value
    }
}

extension ValueReader {
    /// The elements of a list, or `nil` for null. The reader then stands behind the list.
    @_lifetime(copy self)
    @inlinable package mutating func list() throws(DecodeError) -> FieldReader? {
        let start = position
        let code = try code()
        switch code {
        case .null: return nil
        case .list0, .list8, .list32: return try compound(code)
        default: throw .badValue(position: start)
        }
    }

    /// Keys and values of a map, alternating, or `nil` for null. The reader then stands behind it.
    @_lifetime(copy self)
    @inlinable package mutating func map() throws(DecodeError) -> FieldReader? {
        let start = position
        let code = try code()
        switch code {
        case .null: return nil
        case .map8, .map32:
            let fields = try compound(code)
            guard fields.left.isMultiple(of: 2) else { throw .badLength(position: start) }
            return fields
        default: throw .badValue(position: start)
        }
    }

    /// What is behind the code of a list, a map or an array.
    @_lifetime(copy self)
    @inlinable mutating func compound(_ code: FormatCode) throws(DecodeError) -> FieldReader {
        let start = position
        if code == .list0 { return FieldReader(ValueReader(try bytes.slice(0)), count: 0) }
        var inner = try bytes.slice(try length(code))
        let count =
            code.countByteCount == 1
            ? Int(try inner.byte()) : Int(try inner.integer(as: UInt32.self))
        // WHY: an element of a list takes at least a byte, so a larger count is a lie, and is
        // refused before anything is done for it. Elements of arrays may take none.
        let isArray = code == .array8 || code == .array32
        guard isArray || count <= inner.remaining else { throw .badLength(position: start) }
        return FieldReader(ValueReader(inner), count: count)
    }
}
