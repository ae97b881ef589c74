import Bytes
import TestKit
import Testing

@Suite("ByteReader: hostile bytes", .proves(.hostileBytesAreHarmless))
struct ByteReaderHostileBytes {
    /// One of each kind of field.
    static let message: [UInt8] = {
        var writer = ByteWriter()
        writer.append(bigEndian: UInt64(0x0102_0304_0506_0708))
        writer.append(varint: UInt64(300))
        writer.append(zigzag: -1_000_000)
        writer.append(prefixed: [1, 2, 3, 4, 5])
        writer.append(bigEndian: Int16(-7))
        return writer.bytes
    }()

    static func readMessage(_ bytes: [UInt8]) -> Reading<Void> {
        Reading(bytes) { reader throws(DecodeError) in
            _ = try reader.integer(as: UInt64.self)
            _ = try reader.varint()
            _ = try reader.zigzag32()
            var inner = try reader.slice(try reader.length())
            _ = try inner.array(5)
            _ = try reader.integer(as: Int16.self)
        }
    }

    @Test
    func `every prefix is an error, and only the whole is none`() {
        for count in 0...Self.message.count {
            let reading = Self.readMessage(Array(Self.message.prefix(count)))

            #expect((reading.error == nil) == (count == Self.message.count), "\(count) bytes")
        }
    }

    @Test
    func `no byte at any place traps`() {
        for position in Self.message.indices {
            for value in 0...UInt8.max {
                var bytes = Self.message
                bytes[position] = value

                let reading = Self.readMessage(bytes)

                #expect(reading.remaining >= 0)
            }
        }
    }

    @Test(arguments: [Int.min, -1, 5, Int.max])
    func `a count that cannot be is thrown, and nothing is stepped over`(count: Int) {
        let bytes: [UInt8] = [1, 2, 3, 4]

        let skipped = Reading(bytes) { reader throws(DecodeError) in try reader.skip(count) }
        let copied = Reading(bytes) { reader throws(DecodeError) in try reader.array(count) }
        let sliced = Reading(bytes) { reader throws(DecodeError) in
            _ = try reader.slice(count)
        }

        let expected: DecodeError =
            count < 0 ? .badLength(position: 0) : .truncated(position: 0, count: count)
        #expect(skipped.error == expected)
        #expect(copied.error == expected)
        #expect(sliced.error == expected)
        #expect([skipped.position, copied.position, sliced.position] == [0, 0, 0])
    }

    @Test(arguments: [
        [UInt8](repeating: 0x80, count: 10),
        [UInt8](repeating: 0xFF, count: 9) + [0x02],
        [UInt8](repeating: 0x80, count: 9) + [0x82, 0x00],
        [UInt8](repeating: 0xFF, count: 1000),
    ])
    func `a varint of more than 64 bits is refused`(bytes: [UInt8]) {
        let reading = Reading(bytes) { reader throws(DecodeError) in try reader.varint() }

        #expect(reading.error == .varintTooLong(position: 0))
    }

    @Test
    func `a length of 2^63 is refused`() {
        var writer = ByteWriter()
        writer.append(varint: UInt64(1) << 63)

        let reading = Reading(writer.bytes) { reader throws(DecodeError) in try reader.length() }

        #expect(reading.error == .badLength(position: 0))
    }
}
