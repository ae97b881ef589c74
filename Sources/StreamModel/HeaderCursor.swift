internal import Bytes

/// Steps through the headers of one record.
package struct HeaderCursor: ~Escapable {
    /// How many headers have not been stepped over.
    package private(set) var count: Int
    var reader: ByteReader

    /// Steps `body` over its headers, all of which are then known to be whole.
    @_lifetime(copy body)
    @inline(__always)
    init(checking body: inout ByteReader) throws(DecodeError) {
        let position = body.position
        let count = try body.zigzag32()
        guard count >= 0 else { throw .badLength(position: position) }
        self.count = Int(count)
        reader = body
        // A false count ends with the bytes, since a header has at least two.
        for _ in 0..<count { try HeaderCursor.skip(in: &body) }
    }

    private static func skip(in body: inout ByteReader) throws(DecodeError) {
        try body.skip(Int(try body.zigzag32()))
        _ = try body.nullableBytes()
    }

    /// The next header, or `nil` after the last one.
    @_lifetime(copy self)
    package mutating func next() -> HeaderView? {
        guard count > 0 else { return nil }
        count -= 1
        do {
            let name = try reader.span(Int(try reader.zigzag32()))
            return HeaderView(name: name, value: try reader.nullableBytes())
        } catch {
            preconditionFailure("a header that was checked is not there: \(error)")
        }
    }
}

/// One header where it lies in its batch.
package struct HeaderView: ~Escapable {
    /// The name in place; UTF-8, if the producer kept to the protocol.
    package let name: RawSpan
    /// The value in place.
    package let value: RawSpan?

    @_lifetime(copy name, copy value)
    init(name: RawSpan, value: RawSpan?) {
        self.name = name
        self.value = value
    }

    /// A copy that outlives the batch.
    package func copy() -> Record.Header {
        Record.Header(
            name: String(decoding: [UInt8](copying: name), as: UTF8.self), value: copied(value))
    }
}

extension ByteReader {
    /// A zigzag length and that many bytes; -1 for `nil`.
    @_lifetime(copy self)
    @inline(__always)
    mutating func nullableBytes() throws(DecodeError) -> RawSpan? {
        let position = position
        let length = try zigzag32()
        if length >= 0 { return try span(Int(length)) }
        guard length == -1 else { throw .badLength(position: position) }
        return nil
    }
}
