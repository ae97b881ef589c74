public import Bytes

extension ValueReader {
    /// A boolean.
    @inlinable package mutating func boolean() throws(DecodeError) -> Bool? {
        let start = position
        switch try code() {
        case .null: return nil
        case .yes: return true
        case .no: return false
        case .boolean: return try boolean(at: start)
        default: throw .badValue(position: start)
        }
    }

    /// A boolean's byte; `start` is where its code was.
    @inlinable mutating func boolean(at start: Int) throws(DecodeError) -> Bool {
        let byte = try bytes.byte()
        guard byte <= 1 else { throw .badValue(position: start) }
        return byte == 1
    }

    /// A `ubyte`.
    @inlinable package mutating func ubyte() throws(DecodeError) -> UInt8? {
        let start = position
        switch try code() {
        case .null: return nil
        case .ubyte: return try bytes.byte()
        default: throw .badValue(position: start)
        }
    }

    /// A `ushort`.
    @inlinable package mutating func ushort() throws(DecodeError) -> UInt16? {
        let start = position
        switch try code() {
        case .null: return nil
        case .ushort: return try bytes.integer()
        default: throw .badValue(position: start)
        }
    }

    /// A `uint`.
    @inlinable package mutating func uint() throws(DecodeError) -> UInt32? {
        let start = position
        switch try code() {
        case .null: return nil
        case .uint0: return 0
        case .smallUint: return UInt32(try bytes.byte())
        case .uint: return try bytes.integer()
        default: throw .badValue(position: start)
        }
    }

    /// A `ulong`.
    @inlinable package mutating func ulong() throws(DecodeError) -> UInt64? {
        let start = position
        switch try code() {
        case .null: return nil
        case .ulong0: return 0
        case .smallUlong: return UInt64(try bytes.byte())
        case .ulong: return try bytes.integer()
        default: throw .badValue(position: start)
        }
    }

    /// An `int`.
    @inlinable package mutating func int() throws(DecodeError) -> Int32? {
        let start = position
        switch try code() {
        case .null: return nil
        case .smallInt: return Int32(Int8(bitPattern: try bytes.byte()))
        case .int: return try bytes.integer()
        default: throw .badValue(position: start)
        }
    }

    /// A `long`.
    @inlinable package mutating func long() throws(DecodeError) -> Int64? {
        let start = position
        switch try code() {
        case .null: return nil
        case .smallLong: return Int64(Int8(bitPattern: try bytes.byte()))
        case .long: return try bytes.integer()
        default: throw .badValue(position: start)
        }
    }

    /// Milliseconds since 1970.
    @inlinable package mutating func timestamp() throws(DecodeError) -> Int64? {
        let start = position
        switch try code() {
        case .null: return nil
        case .timestamp: return try bytes.integer()
        default: throw .badValue(position: start)
        }
    }
}
