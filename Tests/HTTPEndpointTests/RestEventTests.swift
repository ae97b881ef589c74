import EventModel
import Testing

@testable import HTTPEndpoint

@Suite("RestEvent")
struct RestEventTests {
    @Test func `a header becomes a property of the type that its text suggests`() throws {
        let event = try RestEvent.single(
            body: [1], brokerProperties: #"{"PartitionKey":"k"}"#,
            headers: [
                ("Host", "x"), ("Content-Type", "y"), ("x-ms-retrypolicy", "NoRetry"),
                ("Priority", "High"), ("count", "5"), ("big", "5000000000"), ("ratio", "0.5"),
                ("on", "true"), ("quoted", "\"5\""), ("odd", "nan"),
            ])

        var expected = EventDraft(body: [1], partitionKey: "k")
        expected.properties = [
            ("Priority", .string("High")), ("count", .integer(5)),
            ("big", .integer(5_000_000_000)), ("ratio", .double(0.5)), ("on", .boolean(true)),
            ("quoted", .string("5")), ("odd", .string("nan")),
        ]
        #expect(event == expected)
    }

    @Test func `a batch is taken in order`() throws {
        let events = try RestEvent.batch(
            Array(
                """
                [{"Body":"a","UserProperties":{"n":1},"BrokerProperties":{"PartitionKey":"p"}},
                 {"Body":"/wA=","IsBodyBase64":true}]
                """.utf8))

        var first = EventDraft(body: [0x61], partitionKey: "p")
        first.properties = [("n", .integer(1))]
        #expect(events == [first, EventDraft(body: [0xFF, 0])])
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
            try RestEvent.single(body: [], brokerProperties: "[1]", headers: [])
        }
    }
}
