internal import Bytes

/// Ends a link, or takes it off its session (part 2, section 2.7.7).
package struct Detach: Hashable, Sendable {
    static let fieldCount = 3

    /// The link.
    package var handle: UInt32
    /// Whether the link is over, and not only off.
    package var isClosed: Bool
    /// Why, if something went wrong.
    package var error: AMQPError?

    /// The end of a link.
    package init(handle: UInt32, isClosed: Bool, error: AMQPError? = nil) {
        self.handle = handle
        self.isClosed = isClosed
        self.error = error
    }

    init(_ fields: inout FieldReader) throws(DecodeError) {
        handle = try fields.require(try fields.uint())
        isClosed = try fields.boolean() ?? false
        error = try fields.error()
    }

    func write(to writer: inout ValueWriter) {
        writer.append(descriptor: Descriptor.detach.rawValue)
        let list = writer.beginCompound()
        writer.append(uint: handle)
        writer.append(boolean: isClosed)
        writer.append(error: error)
        writer.endList(list, count: Self.fieldCount)
    }
}

/// Ends a session (part 2, section 2.7.8).
package struct End: Hashable, Sendable {
    /// Why, if something went wrong.
    package var error: AMQPError?

    /// The end of a session.
    package init(error: AMQPError? = nil) { self.error = error }

    init(_ fields: inout FieldReader) throws(DecodeError) { error = try fields.error() }

    func write(to writer: inout ValueWriter) { writer.append(ending: .end, error: error) }
}

/// Ends a connection (part 2, section 2.7.9).
package struct Close: Hashable, Sendable {
    /// Why, if something went wrong.
    package var error: AMQPError?

    /// The end of a connection.
    package init(error: AMQPError? = nil) { self.error = error }

    init(_ fields: inout FieldReader) throws(DecodeError) { error = try fields.error() }

    func write(to writer: inout ValueWriter) { writer.append(ending: .close, error: error) }
}

extension ValueWriter {
    fileprivate mutating func append(ending descriptor: Descriptor, error: AMQPError?) {
        append(descriptor: descriptor.rawValue)
        let list = beginCompound()
        append(error: error)
        endList(list, count: 1)
    }
}
