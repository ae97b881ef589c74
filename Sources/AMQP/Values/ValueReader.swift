public import Bytes

/// Reads AMQP values out of bytes that a stranger sent, in any of their encodings.
///
/// A typed read returns `nil` for null, and throws for a value of another type. Nothing traps,
/// nothing is copied unless the result says so, and an error is the end: where the reader then is,
/// is not promised. Positions count from the start of the bytes the outermost reader was made over.
@safe
@usableFromInline
package struct ValueReader: ~Escapable {
    /// The bytes behind the values, for fields that are none.
    @usableFromInline package var bytes: ByteReader

    /// A reader over whole values.
    @_lifetime(copy bytes)
    @inlinable package init(_ bytes: RawSpan) { self.bytes = ByteReader(bytes) }

    @_lifetime(copy bytes)
    @inlinable init(_ bytes: consuming ByteReader) { self.bytes = bytes }

    /// Whether nothing is left.
    @inlinable package var isAtEnd: Bool { bytes.isAtEnd }

    /// Where the next value begins.
    @inlinable package var position: Int { bytes.position }

    /// The first byte of the next value, which has to be one that the standard gives a meaning.
    @inlinable package mutating func code() throws(DecodeError) -> FormatCode {
        let start = bytes.position
        guard let code = FormatCode(rawValue: try bytes.byte()) else {
            throw .badValue(position: start)
        }
        return code
    }

    /// Steps over one value of any type, descriptors included, and says where it lies.
    ///
    /// Lists, maps and arrays are stepped over by their size, unseen: the cost does not depend on
    /// what a peer has put into them.
    @inlinable @discardableResult
    package mutating func skip() throws(DecodeError) -> Range<Int> {
        let start = bytes.position
        var left = 1
        while left > 0 {
            let code = try code()
            if code == .described {
                left &+= 1  // The descriptor and the value in place of one.
            } else {
                try skipValue(code)
                left &-= 1
            }
        }
        return start..<bytes.position
    }

    /// Steps over what follows a code other than that of a descriptor.
    @inlinable mutating func skipValue(_ code: FormatCode) throws(DecodeError) {
        if let count = code.fixedByteCount {
            try bytes.skip(count)
        } else {
            let start = bytes.position
            let count = try length(code)
            guard count >= code.countByteCount else { throw .badLength(position: start) }
            try bytes.skip(count)
        }
    }

    /// The length or size that follows a code of variable width.
    @inlinable mutating func length(_ code: FormatCode) throws(DecodeError) -> Int {
        // Codes of odd rows (0xB_, 0xD_, 0xF_) have four bytes, the others one.
        code.rawValue & 0x10 == 0 ? Int(try bytes.byte()) : Int(try bytes.integer(as: UInt32.self))
    }

    /// Steps over a null, and says whether there was one.
    @inlinable package mutating func isNull() throws(DecodeError) -> Bool {
        guard try bytes.peek() == FormatCode.null.rawValue else { return false }
        try bytes.skip(1)
        return true
    }
}

extension FormatCode {
    /// The bytes that the count inside a list, a map or an array takes; 0 for anything else.
    @inlinable var countByteCount: Int {
        switch rawValue >> 4 {
        case 0xC, 0xE: 1
        case 0xD, 0xF: 4
        default: 0
        }
    }
}
