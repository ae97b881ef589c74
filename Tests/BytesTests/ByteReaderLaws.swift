import Bytes
import Testing

@Suite("ByteReader: laws")
struct ByteReaderLaws {
    /// Every power of two, its neighbours, and the same below zero.
    static let numbers: [Int64] =
        (0..<63).flatMap { shift -> [Int64] in
            let power = Int64(1) << shift
            return [power - 1, power, power + 1, -power, -power - 1]
        } + [.max, .min]

    @Test
    func `every varint reads back, and takes the bytes it was said to take`() {
        for number in Self.numbers {
            let value = UInt64(bitPattern: number)
            var writer = ByteWriter()
            writer.append(varint: value)
            writer.append(0xFF)

            let reading = Reading(writer.bytes) { reader throws(DecodeError) in
                try reader.varint()
            }

            #expect(reading.value == value)
            #expect(reading.position == ByteWriter.byteCount(ofVarint: value))
            #expect(reading.remaining == 1)
        }
    }

    @Test
    func `every zigzag integer reads back, and takes the bytes it was said to take`() {
        for number in Self.numbers {
            var writer = ByteWriter()
            writer.append(zigzag: number)

            let reading = Reading(writer.bytes) { reader throws(DecodeError) in
                try reader.zigzag()
            }

            #expect(reading.value == number)
            #expect(writer.count == ByteWriter.byteCount(ofZigzag: number))
        }
    }

    @Test
    func `a zigzag integer of 32 bits is refused exactly when it has more`() {
        for number in Self.numbers {
            var writer = ByteWriter()
            writer.append(zigzag: number)

            let reading = Reading(writer.bytes) { reader throws(DecodeError) in
                try reader.zigzag32()
            }

            #expect(reading.value == Int32(exactly: number))
            #expect(
                reading.error
                    == (Int32(exactly: number) == nil ? .varintTooLong(position: 0) : nil))
        }
    }

    @Test
    func `what an output span appends is what a writer appends`() {
        for number in Self.numbers {
            var writer = ByteWriter()
            writer.append(zigzag: number)
            writer.append([7, 8, 9])

            var array: [UInt8] = []
            array.append(addingCapacity: 16) { output in
                output.append(zigzag: number)
                output.append(copying: ([7, 8, 9] as [UInt8]).rawSpan)
            }

            #expect(array == writer.bytes)
        }
    }

    @Test
    func `an integer overwritten in place reads back, in an array or a slice`() {
        for number in Self.numbers {
            var array = [UInt8](repeating: 0xAA, count: 12)
            array.replace(at: 2, bigEndian: number)
            var slice = [UInt8](repeating: 0xAA, count: 16)[4...]
            slice.replace(at: slice.startIndex + 2, bigEndian: number)

            let reading = Reading(array) { reader throws(DecodeError) in
                try reader.skip(2)
                return try reader.integer(as: Int64.self)
            }

            #expect(reading.value == number)
            #expect(array[..<2] == [0xAA, 0xAA])
            #expect(array[10...] == [0xAA, 0xAA])
            #expect(Array(slice) == array)
        }
    }
}
