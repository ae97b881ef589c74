import Bytes
import Testing

@Suite("ByteReader")
struct ByteReaderTests {
    @Test
    func `integers are read in both byte orders`() {
        let bytes: [UInt8] = [0x01, 0x02, 0x03, 0x04, 0xFF, 0xFE, 0x01, 0x02]

        let reading = Reading(bytes) { reader throws(DecodeError) in
            let big = Int(try reader.integer(as: UInt32.self))
            let negative = Int(try reader.integer(as: Int16.self))
            let little = Int(try reader.littleEndian(as: UInt16.self))
            return [big, negative, little]
        }

        #expect(reading.value == [0x0102_0304, -2, 0x0201])
        #expect(reading.remaining == 0)
    }

    @Test
    func `an error inside a slice names the place in the whole`() {
        let reading = Reading([UInt8](0..<10)) { reader throws(DecodeError) in
            try reader.skip(4)
            var slice = try reader.slice(3)
            try slice.skip(2)
            return try slice.integer(as: UInt16.self)
        }

        #expect(reading.error == .truncated(position: 6, count: 2))
        #expect(reading.position == 7)
    }

    @Test
    func `bytes are lent or copied as they are`() {
        let reading = Reading([1, 2, 3, 4, 5]) { reader throws(DecodeError) in
            let lent = [UInt8](copying: try reader.span(2))
            return [lent, try reader.array(3)]
        }

        #expect(reading.value == [[1, 2], [3, 4, 5]])
    }

    @Test(
        arguments: [
            (0, [0x00]), (-1, [0x01]), (1, [0x02]), (-2, [0x03]), (-64, [0x7F]),
            (64, [0x80, 0x01]),
            (.max, [0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]),
            (.min, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]),
        ] as [(Int64, [UInt8])])
    func `zigzag puts small numbers of both signs first`(number: Int64, bytes: [UInt8]) {
        var writer = ByteWriter()
        writer.append(zigzag: number)

        let reading = Reading(bytes) { reader throws(DecodeError) in try reader.zigzag() }

        #expect(writer.bytes == bytes)
        #expect(reading.value == number)
        #expect(reading.remaining == 0)
    }

    @Test
    func `a length has to fit the bytes that are left`() {
        let tooLong = Reading([3, 0, 0]) { reader throws(DecodeError) in try reader.length() }
        let exact = Reading([2, 0, 0]) { reader throws(DecodeError) in try reader.length() }

        #expect(tooLong.error == .truncated(position: 0, count: 3))
        #expect(exact.value == 2)
    }
}
