public import Bytes

/// Appends AMQP values, each in the shortest encoding of its type.
///
/// Lists and maps are written by appending their elements between `beginCompound` and the matching
/// end, which puts size and count in their place.
@usableFromInline
package struct ValueWriter: Sendable {
    /// The bytes so far. Whatever is appended here directly has to be a whole encoded value.
    @usableFromInline package var bytes: ByteWriter

    /// An empty writer with room for some bytes.
    @inlinable package init(reserving capacity: Int = 0) {
        bytes = ByteWriter(reserving: capacity)
    }

    /// How many bytes there are.
    @inlinable package var count: Int { bytes.count }

    @inlinable mutating func append(code: FormatCode) { bytes.append(code.rawValue) }

    /// Null.
    @inlinable package mutating func appendNull() { append(code: .null) }

    /// A boolean, or null.
    @inlinable package mutating func append(boolean value: Bool?) {
        append(code: value.map { $0 ? .yes : .no } ?? .null)
    }

    /// A `ubyte`, or null.
    @inlinable package mutating func append(ubyte value: UInt8?) {
        guard let value else { return appendNull() }
        append(code: .ubyte)
        bytes.append(value)
    }

    /// A `ushort`, or null.
    @inlinable package mutating func append(ushort value: UInt16?) {
        guard let value else { return appendNull() }
        append(code: .ushort)
        bytes.append(bigEndian: value)
    }

    /// A `uint`, or null.
    @inlinable package mutating func append(uint value: UInt32?) {
        guard let value else { return appendNull() }
        switch value {
        case 0: append(code: .uint0)
        case 1...0xFF:
            append(code: .smallUint)
            bytes.append(UInt8(truncatingIfNeeded: value))
        default:
            append(code: .uint)
            bytes.append(bigEndian: value)
        }
    }

    /// A `ulong`, or null.
    @inlinable package mutating func append(ulong value: UInt64?) {
        guard let value else { return appendNull() }
        switch value {
        case 0: append(code: .ulong0)
        case 1...0xFF:
            append(code: .smallUlong)
            bytes.append(UInt8(truncatingIfNeeded: value))
        default:
            append(code: .ulong)
            bytes.append(bigEndian: value)
        }
    }

    /// An `int`.
    @inlinable package mutating func append(int value: Int32) {
        if let small = Int8(exactly: value) {
            append(code: .smallInt)
            bytes.append(UInt8(bitPattern: small))
        } else {
            append(code: .int)
            bytes.append(bigEndian: value)
        }
    }

    /// A `long`.
    @inlinable package mutating func append(long value: Int64) {
        if let small = Int8(exactly: value) {
            append(code: .smallLong)
            bytes.append(UInt8(bitPattern: small))
        } else {
            append(code: .long)
            bytes.append(bigEndian: value)
        }
    }

    /// A timestamp, or null.
    @inlinable package mutating func append(timestamp milliseconds: Int64?) {
        guard let milliseconds else { return appendNull() }
        append(code: .timestamp)
        bytes.append(bigEndian: milliseconds)
    }

    /// A string, or null.
    @inlinable package mutating func append(string text: String?) {
        guard let text else { return appendNull() }
        append(length: text.utf8.count, short: .string8, long: .string32)
        bytes.append(utf8: text)
    }

    /// A symbol, or null.
    package mutating func append(symbol: Symbol?) {
        guard let text = symbol?.text else { return appendNull() }
        append(length: text.utf8.count, short: .symbol8, long: .symbol32)
        bytes.append(utf8: text)
    }

    /// A binary of a copy of these bytes.
    @inlinable package mutating func append(binary value: RawSpan) {
        append(length: value.byteCount, short: .binary8, long: .binary32)
        bytes.append(value)
    }

    /// A binary, or null.
    @inlinable package mutating func append(binary value: [UInt8]?) {
        guard let value else { return appendNull() }
        append(binary: value.rawSpan)
    }

    /// The head of a descriptor out of the standard; the described value is appended next.
    ///
    /// Always in three bytes: stacks of SDKs step over exactly so many without a look.
    @inlinable package mutating func append(descriptor code: UInt8) {
        append(code: .described)
        append(code: .smallUlong)
        bytes.append(code)
    }

    /// The code and the length of a text or a binary.
    @inlinable
    mutating func append(length: Int, short: FormatCode, long: FormatCode) {
        if length <= 0xFF {
            append(code: short)
            bytes.append(UInt8(truncatingIfNeeded: length))
        } else {
            precondition(length <= UInt32.max, "\(length) bytes are more than AMQP can count")
            append(code: long)
            bytes.append(bigEndian: UInt32(truncatingIfNeeded: length))
        }
    }
}
