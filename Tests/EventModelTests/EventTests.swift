import AMQP
import Bytes
import StreamModel
import Testing

@testable import EventModel

/// Against frames that the Python SDK sent (reference, section 4.3).
struct EventTests {
    let laws = EventLaws()

    static func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.filter { !$0.isWhitespace && $0 != "|" }
        return stride(from: 0, to: digits.count, by: 2).compactMap { place in
            let start = digits.index(digits.startIndex, offsetBy: place)
            return UInt8(digits[start..<digits.index(start, offsetBy: 2)], radix: 16)
        }
    }

    static let two = bytes(
        "00 53 75 a0 07 | 00 53 75 a0 02 41 42 00 53 75 a0 11 | 00 53 74 c1 06 02 a1 01 6b 54 01 "
            + "00 53 75 a0 01 43")
    static let keyed = bytes(
        "00 53 70 c0 07 05 56 01 40 40 40 40 00 53 72 c1 1a 02 a3 13 782d6f70742d706172746974696f"
            + "6e2d6b6579 a1 02 706b 00 53 75 a0 32 00 53 70 c0 07 05 56 01 40 40 40 40 00 53 72 "
            + "c1 1a 02 a3 13 782d6f70742d706172746974696f6e2d6b6579 a1 02 706b 00 53 75 a0 02 4142"
    )

    @Test func `a batch of the Python SDK becomes its two events`() throws {
        let records = try laws.stored(Self.two, format: 0x8001_3700).map(\.record)

        #expect(records.map(\.value) == [[0x41, 0x42], [0x43]])
        #expect(records[0].headers.isEmpty && records[0].key == nil)
        #expect(records[1].headers.last == Record.Header(name: "k", value: [0x54, 0x01]))
    }

    @Test func `the partition key becomes the record's key`() throws {
        let message = try IncomingMessage(Self.keyed.rawSpan, format: 0x8001_3700)
        let records = try laws.stored(Self.keyed, format: 0x8001_3700)

        #expect(message.partitionKey == Array("pk".utf8))
        #expect(records[0].record.key == Array("pk".utf8))
        let got = try laws.delivered(records[0].record)
        #expect(got.messageAnnotations?[symbol: "x-opt-partition-key"] == .string("pk"))
        #expect(got.body == .data([[0x41, 0x42]]))
    }

    @Test func `a message of format 0 that looks like a batch is one event`() throws {
        let records = try laws.stored(Self.two, format: 0)

        #expect(records.count == 1)
        #expect(try laws.original(records[0].record) == Self.two)
    }

    @Test func `a key on the envelope alone is told to receivers`() throws {
        let inner: [UInt8] = [0, 0x53, 0x75, 0xA0, 1, 7]
        let envelope = Self.keyed[12..<43] + [0, 0x53, 0x75, 0xA0, 6] + inner

        let record = try laws.stored(Array(envelope), format: 0x8001_3700)[0].record

        #expect(record.key == Array("pk".utf8))
        #expect(try laws.original(record) == inner)
        let got = try laws.delivered(record)
        #expect(got.messageAnnotations?[symbol: "x-opt-partition-key"] == .string("pk"))
    }

    @Test func `what a producer says of its event's place is replaced`() throws {
        var message = AMQPMessage(body: .data([[1]]))
        message.messageAnnotations = AMQPMap(symbols: [
            "x-opt-offset": .string("5"), "mine": .int(1), "x-opt-sequence-number": .int(3),
        ])

        let got = try laws.delivered(try laws.stored(message.bytes)[0].record)

        #expect(
            got.messageAnnotations?.pairs.map(\.key.text) == [
                "mine", "x-opt-sequence-number", "x-opt-offset", "x-opt-enqueued-time",
            ])
        #expect(got.messageAnnotations?[symbol: "x-opt-offset"] == .string("17"))
    }

    @Test func `a record of a Kafka producer is a message with binary properties`() throws {
        let record = Record(
            key: [1, 2], value: [3],
            headers: [.init(name: "a", value: [4]), .init(name: "b", value: nil)],
            timestamp: Timestamp(milliseconds: 0))

        let got = try laws.delivered(record)

        #expect(got.applicationProperties?[string: "a"] == .binary([4]))
        #expect(got.applicationProperties?[string: "b"] == .null)
        #expect(got.messageAnnotations?[symbol: "x-opt-kafka-key"] == .binary([1, 2]))
        #expect(got.messageAnnotations?[symbol: "x-opt-partition-key"] == nil)
        #expect(got.body == .data([[3]]))
    }

    @Test(arguments: [[], [255], [0, 1, 2], [0, 0, 0x53, 0x75, 0xA0, 0]] as [[UInt8]])
    func `a header that only has our name is a header`(value: [UInt8]) throws {
        let record = Record(
            value: [3], headers: [.init(name: "millrace.amqp", value: value)],
            timestamp: Timestamp(milliseconds: 0))

        let got = try laws.delivered(record)

        #expect(got.applicationProperties?[string: "millrace.amqp"] == .binary(value))
    }

    @Test func `news of the partition stand in the delivery annotations`() throws {
        let record = Record(value: [3], timestamp: Timestamp(milliseconds: 0))
        let last = EventPlace(offset: Offset(unchecked: 20), enqueuedTime: 100)

        let got = try laws.delivered(record, news: PartitionNews(last: last, readAt: 101))

        #expect(got.deliveryAnnotations?[symbol: "last_enqueued_sequence_number"] == .long(20))
        #expect(got.deliveryAnnotations?[symbol: "last_enqueued_offset"] == .string("20"))
        #expect(got.deliveryAnnotations?[symbol: "last_enqueued_time_utc"] == .timestamp(100))
        #expect(
            got.deliveryAnnotations?[symbol: "runtime_info_retrieval_time_utc"] == .timestamp(101))
    }

    @Test func `a draft becomes the message that an SDK would have sent`() throws {
        var draft = EventDraft(body: [1], partitionKey: "pk")
        draft.properties = [("n", .integer(7)), ("t", .string("x")), ("b", .boolean(true))]

        let got = try laws.delivered(draft.record(at: Timestamp(milliseconds: 1)))

        #expect(got.applicationProperties?[string: "n"] == .int(7))
        #expect(got.applicationProperties?[string: "b"] == .boolean(true))
        #expect(got.messageAnnotations?[symbol: "x-opt-partition-key"] == .string("pk"))
        #expect(got.body == .data([[1]]))
    }

    @Test func `a batch without events, or with something else, is refused`() {
        let value: [UInt8] = [0, 0x53, 0x77, 0x40]

        #expect(throws: EventError.emptyBatch) {
            try IncomingMessage([UInt8]().rawSpan, format: 0x8001_3700)
        }
        #expect(throws: EventError.emptyBatch) {
            try IncomingMessage(value.rawSpan, format: 0x8001_3700)
        }
        #expect(throws: EventError.self) {
            try IncomingMessage((Self.two + value).rawSpan, format: 0x8001_3700)
        }
    }
}
