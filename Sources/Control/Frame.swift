internal import Bytes

/// One message on the control socket. Integers are big-endian.
///
///     0        4         8      9
///     ┌────────┬─────────┬──────┬─────────
///     │ length │ request │ kind │ payload
///     └────────┴─────────┴──────┴─────────
///
/// `length` counts what follows it. An answer carries the number of its request; the client
/// chooses the numbers.
struct Frame: Equatable {
    static let headByteCount = 9
    /// What `length` may say: a commit block's worth, and room for what is around it.
    static let lengthMax = 9 << 20

    enum Kind: UInt8 {
        /// The first frame of either side: the protocol's name and version.
        case hello = 1
        case request, answer, refusal
    }

    let request: UInt32
    let kind: Kind
    let payload: [UInt8]

    /// The whole frame; nil when the payload is too long for one.
    static func encoded(
        _ kind: Kind, of request: UInt32, _ payload: (inout ByteWriter) -> Void
    ) -> [UInt8]? {
        var writer = ByteWriter(reserving: 256)
        writer.append(bigEndian: UInt32(0))
        writer.append(bigEndian: request)
        writer.append(kind.rawValue)
        payload(&writer)
        guard writer.count - 4 <= lengthMax else { return nil }
        writer.replace(at: 0, bigEndian: UInt32(writer.count - 4))
        return writer.bytes
    }
}

/// What either side says first.
struct Hello: Equatable {
    static let magic = Array("millrace".utf8)
    static let currentVersion: UInt16 = 1

    let version: UInt16

    func encode(into writer: inout ByteWriter) {
        writer.append(Self.magic)
        writer.append(bigEndian: version)
    }

    init(version: UInt16 = currentVersion) { self.version = version }

    /// Later versions may say more; what comes after the version is not looked at.
    init(_ payload: [UInt8]) throws(DecodeError) {
        var reader = ByteReader(payload.rawSpan)
        guard try reader.array(Self.magic.count) == Self.magic else {
            throw .badValue(position: 0)
        }
        version = try reader.integer()
    }
}

/// Cuts what arrives into frames. It never holds more than one frame and what came with it.
struct FrameBuffer {
    private var bytes: [UInt8] = []
    private var start = 0

    mutating func append(_ more: [UInt8]) {
        if start == bytes.count {
            bytes = more
            start = 0
            return
        }
        if start > 1 << 20 {
            bytes.removeFirst(start)
            start = 0
        }
        bytes.append(contentsOf: more)
    }

    /// The next whole frame, or nil when more bytes are needed for it.
    mutating func next() throws(DecodeError) -> Frame? {
        let available = bytes.count - start
        guard available >= 4 else { return nil }
        let unread = bytes[start...]
        var reader = ByteReader(unread.rawSpan)
        let length = Int(try reader.integer(as: UInt32.self))
        guard length >= Frame.headByteCount - 4, length <= Frame.lengthMax else {
            throw .badLength(position: 0)
        }
        guard reader.remaining >= length else { return nil }
        let request: UInt32 = try reader.integer()
        guard let kind = Frame.Kind(rawValue: try reader.byte()) else {
            throw .badValue(position: 8)
        }
        let payload = try reader.array(length + 4 - Frame.headByteCount)
        start += length + 4
        return Frame(request: request, kind: kind, payload: payload)
    }
}
