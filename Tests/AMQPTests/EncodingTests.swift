import AMQP
import Bytes
import Testing

/// Every encoding of every type, typed from the standard's tables (part 1, section 1.6).
@Suite("AMQP: encodings")
struct EncodingTests {
    static let uuid = "000102030405060708090a0b0c0d0e0f"
    static let table: [(String, AMQPValue)] = [
        ("40", .null),
        ("41", .boolean(true)), ("42", .boolean(false)),
        ("56 01", .boolean(true)), ("56 00", .boolean(false)),
        ("50 ff", .ubyte(255)), ("51 ff", .byte(-1)),
        ("60 ff00", .ushort(0xFF00)), ("61 ff00", .short(-256)),
        ("43", .uint(0)), ("52 ff", .uint(255)), ("70 fffffffe", .uint(0xFFFF_FFFE)),
        ("44", .ulong(0)), ("53 80", .ulong(128)), ("80 8000000000000001", .ulong(1 << 63 | 1)),
        ("54 80", .int(-128)), ("71 80000000", .int(.min)),
        ("55 ff", .long(-1)), ("81 8000000000000000", .long(.min)),
        ("72 3fc00000", .float(1.5)), ("82 c004000000000000", .double(-2.5)),
        ("73 0001f600", .char(0x1F600)),
        ("74 22500001", .decimal32(0x2250_0001)),
        ("84 2238000000000001", .decimal64(0x2238_0000_0000_0001)),
        ("94 22080000000000000000000000000001", .decimal128(0x2208 << 112 | 1)),
        ("83 0000018bcfe56800", .timestamp(1_700_000_000_000)),
        ("98 \(uuid)", .uuid(0x0001_0203_0405_0607_0809_0A0B_0C0D_0E0F)),
        ("a0 03 00ff10", .binary([0, 255, 16])), ("b0 00000001 7f", .binary([127])),
        ("a1 02 c3a9", .string("é")), ("b1 00000003 616263", .string("abc")),
        ("a3 03 616263", .symbol("abc")), ("b3 00000001 61", .symbol("a")),
        ("45", .list([])), ("c0 01 00", .list([])), ("d0 00000004 00000000", .list([])),
        ("c0 04 02 43 52 07", .list([.uint(0), .uint(7)])),
        ("d0 00000006 00000002 40 41", .list([.null, .boolean(true)])),
        ("c1 01 00", .map(AMQPMap())),
        ("c1 06 02 a3 01 6b 54 05", .map(AMQPMap(symbols: ["k": .int(5)]))),
        ("d1 00000009 00000002 a1 01 6b 54 05", .map(AMQPMap(strings: ["k": .int(5)]))),
        ("00 53 24 45", .described(.ulong(0x24), .list([]))),
        ("00 a3 01 78 00 a3 01 79 40", .described(.symbol("x"), .described(.symbol("y"), .null))),
        ("e0 06 02 a3 01 61 01 62", .array(AMQPArray(symbols: ["a", "b"]))),
    ]

    @Test(arguments: table)
    func `an encoding of the standard is read as its value`(hex: String, value: AMQPValue) {
        #expect(decoded(bytes(hex)) == .success(value))
    }

    @Test(arguments: table)
    func `stepping over a value ends where the value ends`(hex: String, value: AMQPValue) {
        let raw = bytes(hex) + [0x41]

        #expect(skipped(raw) == .success(0..<(raw.count - 1)))
    }

    @Test(arguments: table)
    func `what is written has the value's shortest encoding`(hex: String, value: AMQPValue) {
        let written = encoded(value)

        #expect(decoded(written) == .success(value))
        // Elements of an array always have the long form, three bytes more each.
        #expect(written.count <= bytes(hex).count + (value.isArray ? 9 : 0))
    }

    @Test
    func `a value of another type is refused by a typed read`() {
        var reader = ValueReader(bytes("54 05").rawSpan)

        #expect(throws: DecodeError.badValue(position: 0)) { try reader.uint() }
    }

    @Test
    func `a long text takes the long form`() {
        let text = String(repeating: "x", count: 256)

        let written = encoded(.string(text))

        #expect(written.prefix(5) == bytes("b1 00000100")[...])
        #expect(decoded(written) == .success(.string(text)))
    }
}

extension AMQPValue {
    var isArray: Bool { if case .array = self { true } else { false } }
}
