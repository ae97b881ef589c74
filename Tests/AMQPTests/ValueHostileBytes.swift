import AMQP
import AMQPFuzz
import Bytes
import TestKit
import Testing

@Suite("AMQP values: hostile bytes", .proves(.hostileBytesAreHarmless))
struct ValueHostileBytes {
    static let encodings = EncodingTests.table.map { bytes($0.0) }

    @Test(arguments: encodings)
    func `every prefix is an error, and only the whole is none`(encoding: [UInt8]) {
        for count in 0..<encoding.count {
            let prefix = Array(encoding.prefix(count))

            #expect(skipped(prefix).isFailure)
            if case .success = decoded(prefix) { Issue.record("\(count) bytes were enough") }
        }
    }

    @Test(arguments: encodings)
    func `no byte at any place traps, in a value or in what steps over it`(encoding: [UInt8]) {
        for place in encoding.indices {
            for byte in 0...UInt8.max {
                var damaged = encoding
                damaged[place] = byte
                _ = decoded(damaged)

                if case .success(let range) = skipped(damaged) {
                    #expect(range.upperBound <= damaged.count)
                }
            }
        }
    }

    @Test(arguments: CapturedFrames.amqp)
    func `no length of a captured frame traps, whatever it says`(frame: String) {
        let body = Array(bytes(frame)[8...])
        for place in body.indices {
            for value: UInt8 in [0, 1, 0x45, 0x7F, 0x80, 0xD0, 0xF0, 0xFE, 0xFF, body[place] &+ 1] {
                var damaged = body
                damaged[place] = value
                _ = performative(damaged)
                _ = try? AMQPMessage(damaged.rawSpan)
            }
            if case .success(let (_, count)) = performative(Array(body.prefix(place))) {
                #expect(count <= place)
            }
        }
    }

    @Test
    func `lists as deep as a frame is long are refused`() {
        // A list of a list of a list …, and the same with descriptors, which need no lengths.
        var list: [UInt8] = [0x45]
        while list.count < 60_000 {
            list = [0xD0] + bigEndian(list.count + 4) + bigEndian(1) + list
        }
        let descriptors = [UInt8](repeating: 0x00, count: 60_000)

        #expect(decoded(list).isFailure)
        #expect(decoded(descriptors).isFailure)
        #expect(decoded(descriptors + [UInt8](repeating: 0x40, count: 60_001)).isFailure)
    }

    @Test
    func `a count beyond the bytes there are is refused before anything is made of it`() {
        let map = [0xD1] + bigEndian(8) + bigEndian(0xFFFF_FFFE) + [0x40, 0x40, 0x40, 0x40]
        // Elements without bytes: four billion of them would fit into eleven bytes.
        let array = [0xF0] + bigEndian(5) + bigEndian(0xFFFF_FFFF) + [0x40]

        #expect(decoded(map) == .failure(.badLength(position: 1)))
        #expect(decoded(array).isFailure)
    }

    @Test
    func `a map larger than the limit is refused`() {
        let count = 20_000
        let pairs = [UInt8](repeating: 0x40, count: count * 2)
        let map = [0xD1] + bigEndian(pairs.count + 4) + bigEndian(count * 2) + pairs

        #expect(decoded(map).isFailure)
        #expect(!decoded(map, limits: DecodeLimits(valueCountMax: 50_000)).isFailure)
    }

    @Test
    func `text that is no text is refused`() {
        #expect(decoded(bytes("a1 02 c328")) == .failure(.badValue(position: 1)))
        #expect(decoded(bytes("a3 01 80")) == .failure(.badValue(position: 1)))
        #expect(decoded(bytes("56 02")).isFailure)
        #expect(decoded(bytes("c1 02 01 40")).isFailure)
    }

    private func bigEndian(_ value: Int) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }
}

extension Result {
    var isFailure: Bool { if case .failure = self { true } else { false } }
}

@Suite("AMQP values: laws")
struct ValueLaws {
    @Test(arguments: 0..<8 as Range<UInt64>)
    func `what is written is read as the same value`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let value = DrawnValues.value(&generator)
            let raw = encoded(value)

            #expect(decoded(raw) == .success(value))
            #expect(skipped(raw) == .success(0..<raw.count))
        }
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `a message is read as it was written, and its sections lie end to end`(
        seed: UInt64
    ) throws {
        var generator = SeededGenerator(seed: seed)
        for body in [
            AMQPMessage.Body.none, .data([[1, 2], []]), .value(DrawnValues.value(&generator)),
            .sequences([[.null], [.uint(1)]]),
        ] {
            var message = AMQPMessage(body: body)
            message.header = [.boolean(true)]
            message.messageAnnotations = DrawnValues.map(&generator, depth: 3)
            var properties = MessageProperties()
            properties.messageID = .ulong(seed)
            properties.correlationID = .string("c")
            properties.groupSequence = 7
            message.properties = properties
            message.applicationProperties = DrawnValues.map(&generator, depth: 3)
            message.footer = AMQPMap()
            var writer = ValueWriter()
            message.write(to: &writer)
            let raw = writer.bytes.bytes

            #expect(try AMQPMessage(raw.rawSpan) == message)
            var cursor = SectionCursor(raw.rawSpan)
            var end = 0
            while let section = try cursor.next() {
                #expect(section.range.lowerBound == end)
                #expect(section.hasShortDescriptor)
                end = section.range.upperBound
            }
            #expect(end == raw.count)
        }
    }
}
