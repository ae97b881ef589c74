import StreamModel
import Testing

@Suite("Names")
struct NameTests {
    @Test(arguments: [
        "a", "0", "orders", "plant-1.line_2", "A.b-c_d9", String(repeating: "x", count: 255),
    ])
    func `letters, digits and three marks make a name of every kind`(text: String) throws {
        #expect(try StreamName(text).text == text)
        #expect(try ConsumerGroupName(text).text == text)
        #expect(try FeedName(text).text == text)
        #expect(try ProducerName(text).description == text)
    }

    @Test(
        arguments: [
            ("", .empty(.stream)),
            (String(repeating: "x", count: 256), .tooLong(.stream, byteCount: 256, limit: 255)),
            ("-a", .badStart(.stream, "-")),
            (".", .badStart(.stream, ".")),
            ("__consumer_offsets", .badStart(.stream, "_")),
            ("a b", .badCharacter(.stream, " ")),
            ("a/b", .badCharacter(.stream, "/")),
            ("a\u{0}", .badCharacter(.stream, "\u{0}")),
            ("größe", .badCharacter(.stream, "ö")),
            ("e\u{301}", .badCharacter(.stream, "e\u{301}")),
            ("a\r\n", .badCharacter(.stream, "\r\n")),
            ("٣", .badCharacter(.stream, "٣")),
            ("\u{212A}elvin", .badCharacter(.stream, "\u{212A}")),
            ("$Default", .badCharacter(.stream, "$")),
        ] as [(String, NameError)])
    func `anything else is refused, and the error says why`(text: String, error: NameError) {
        #expect(throws: error) { try StreamName(text) }
    }

    @Test
    func `the group that every event hub has is a group and nothing else`() throws {
        #expect(try ConsumerGroupName("$Default").text == "$Default")
        #expect(throws: NameError.badCharacter(.consumerGroup, "$")) {
            try ConsumerGroupName("$default")
        }
        #expect(throws: NameError.badCharacter(.feed, "$")) { try FeedName("$Default") }
    }

    @Test
    func `an error reads as a sentence`() {
        let error = NameError.badCharacter(.consumerGroup, "\n")

        #expect(
            "\(error)" == """
                the name of a consumer group is made of the letters a-z and A-Z, digits, '.', '_' \
                and '-', not "\\n"
                """)
    }
}
