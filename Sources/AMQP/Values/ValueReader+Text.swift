public import Bytes

extension ValueReader {
    /// Where the bytes of a binary lie.
    @inlinable package mutating func binaryRange() throws(DecodeError) -> Range<Int>? {
        let start = position
        switch try code() {
        case .null: return nil
        case .binary8: return try range(UInt8.self)
        case .binary32: return try range(UInt32.self)
        default: throw .badValue(position: start)
        }
    }

    /// The bytes of a binary, in place.
    @_lifetime(copy self)
    @inlinable package mutating func binarySpan() throws(DecodeError) -> RawSpan? {
        let start = position
        switch try code() {
        case .null: return nil
        case .binary8: return try span(UInt8.self)
        case .binary32: return try span(UInt32.self)
        default: throw .badValue(position: start)
        }
    }

    /// The bytes of a binary, copied.
    package mutating func binary() throws(DecodeError) -> [UInt8]? {
        guard let span = try binarySpan() else { return nil }
        return [UInt8](copying: span)
    }

    /// The bytes of a string or a symbol, in place: what keys are compared by.
    @_lifetime(copy self)
    @inlinable package mutating func textSpan() throws(DecodeError) -> RawSpan? {
        let start = position
        switch try code() {
        case .null: return nil
        case .string8, .symbol8: return try span(UInt8.self)
        case .string32, .symbol32: return try span(UInt32.self)
        default: throw .badValue(position: start)
        }
    }

    /// A string. Bytes that are no UTF-8 are an error.
    package mutating func string() throws(DecodeError) -> String? {
        let start = position
        switch try code() {
        case .null: return nil
        case .string8: return try text(UInt8.self)
        case .string32: return try text(UInt32.self)
        default: throw .badValue(position: start)
        }
    }

    /// A symbol. Bytes that are no ASCII are an error.
    package mutating func symbol() throws(DecodeError) -> Symbol? {
        let start = position
        switch try code() {
        case .null: return nil
        case .symbol8: return try name(UInt8.self)
        case .symbol32: return try name(UInt32.self)
        default: throw .badValue(position: start)
        }
    }

    /// Steps over a length of this type and that many bytes, and says where those lie.
    @inlinable
    mutating func range<Length: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        _: Length.Type
    ) throws(DecodeError) -> Range<Int> {
        let count = Int(truncatingIfNeeded: try bytes.integer(as: Length.self))
        let start = try bytes.take(count)
        return start..<(start &+ count)
    }

    @_lifetime(copy self)
    @inlinable
    mutating func span<Length: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        _: Length.Type
    ) throws(DecodeError) -> RawSpan {
        try bytes.span(Int(truncatingIfNeeded: try bytes.integer(as: Length.self)))
    }

    mutating func text<Length: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        _ length: Length.Type
    ) throws(DecodeError) -> String {
        let start = position
        let utf8 = [UInt8](copying: try span(length))
        guard let text = String(validating: utf8, as: UTF8.self) else {
            throw .badValue(position: start)
        }
        return text
    }

    mutating func name<Length: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        _ length: Length.Type
    ) throws(DecodeError) -> Symbol {
        let start = position
        let ascii = [UInt8](copying: try span(length))
        guard ascii.allSatisfy({ $0 < 0x80 }) else { throw .badValue(position: start) }
        return Symbol(ascii: String(decoding: ascii, as: UTF8.self))
    }
}
