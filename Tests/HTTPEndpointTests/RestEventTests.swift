import StreamModel
import Testing

@testable import HTTPEndpoint

@Suite("RestEvent")
struct RestEventTests {
    @Test func `a header becomes a property of the type that its text suggests`() throws {
        let event = try RestEvent(
            body: [1], brokerProperties: #"{"PartitionKey":"k"}"#,
            headers: [
                ("Host", "x"), ("Content-Type", "y"), ("x-ms-retrypolicy", "NoRetry"),
                ("Priority", "High"), ("count", "5"), ("big", "5000000000"), ("ratio", "0.5"),
                ("on", "true"), ("quoted", "\"5\""), ("odd", "nan"),
            ])

        #expect(event.partitionKey == "k")
        #expect(
            event.properties == [
                .init(name: "Priority", value: .text("High")),
                .init(name: "count", value: .int(5)),
                .init(name: "big", value: .long(5_000_000_000)),
                .init(name: "ratio", value: .double(0.5)),
                .init(name: "on", value: .bool(true)),
                .init(name: "quoted", value: .text("5")),
                .init(name: "odd", value: .text("nan")),
            ])
    }

    @Test func `a property is stored as AMQP has it`() {
        let values: [(RestValue, [UInt8])] = [
            (.bool(true), [0x41]), (.bool(false), [0x42]), (.int(-2), [0x71, 255, 255, 255, 254]),
            (.long(1), [0x81, 0, 0, 0, 0, 0, 0, 0, 1]),
            (.double(1), [0x82, 0x3F, 0xF0, 0, 0, 0, 0, 0, 0]),
            (.text("ab"), [0xA1, 2, 0x61, 0x62]),
        ]

        for (value, bytes) in values { #expect(value.encoded == bytes) }
        let long = RestValue.text(String(repeating: "x", count: 300)).encoded
        #expect(Array(long.prefix(5)) == [0xB1, 0, 0, 1, 44])
        #expect(long.count == 305)
    }

    @Test func `a batch is taken in order`() throws {
        let events = try RestEvent.batch(
            Array(
                """
                [{"Body":"a","UserProperties":{"n":1},"BrokerProperties":{"PartitionKey":"p"}},
                 {"Body":"/wA=","IsBodyBase64":true}]
                """.utf8))

        #expect(
            events == [
                RestEvent(
                    body: [0x61], properties: [.init(name: "n", value: .int(1))],
                    partitionKey: "p"),
                RestEvent(body: [0xFF, 0]),
            ])
    }

    @Test(arguments: [
        ("", RestError.malformed(.batch(position: 0))), ("{}", .malformed(.batch(position: 0))),
        ("[", .malformed(.batch(position: 1))), ("[]", .malformed(.noEvents)),
        ("[{}]", .malformed(.event(0))), (#"[{"Body":"a"},{"Body":1}]"#, .malformed(.event(1))),
        (#"[{"Body":"*","IsBodyBase64":true}]"#, .malformed(.event(0))),
        (#"[{"Body":"a","UserProperties":{"x":[]}}]"#, .malformed(.event(0))),
    ])
    func `a body that is no batch is refused`(text: String, error: RestError) {
        #expect(throws: error) { try RestEvent.batch(Array(text.utf8)) }
    }

    @Test func `every prefix and every flipped byte of a batch is taken or refused`() {
        let text =
            #"[{"Body":"a\u00e9","UserProperties":{"n":1.5e3,"t":"x"},"IsBodyBase64":false}]"#
        let bytes = Array(text.utf8)

        for count in 0..<bytes.count {
            #expect(throws: RestError.self) { try RestEvent.batch(Array(bytes.prefix(count))) }
            for flip: UInt8 in [0x01, 0x20, 0x80, 0xFF] {
                var broken = bytes
                broken[count] ^= flip
                _ = try? RestEvent.batch(broken)
            }
        }
    }

    @Test func `broker properties that are no object are refused`() {
        #expect(throws: RestError.malformed(.brokerProperties)) {
            try RestEvent(body: [], brokerProperties: "[1]", headers: [])
        }
    }
}
