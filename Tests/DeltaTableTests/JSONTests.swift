import Testing

@testable import DeltaTable

@Suite("DeltaTable: JSON")
struct JSONTests {
    private static let sample =
        #"{"a":[1,-2.5e+10,true,false,null,"x\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"],"b":{"c":{}},"d":123456789012345678901234567890}"#

    @Test
    func `a value that was read is written to the same value`() throws {
        let value = try JSON(parsing: Self.sample)

        #expect(try JSON(parsing: value.encodedText) == value)
        #expect(value["a"]?.elements?.last?.text == "x\"\\/\u{8}\u{C}\n\r\té😀")
        #expect(value["d"] == .number("123456789012345678901234567890"))
    }

    @Test
    func `no prefix and no changed byte is a trap`() throws {
        let bytes = Array(Self.sample.utf8)

        for count in bytes.indices {
            #expect(throws: JSONError.self) { try JSON(parsing: bytes[..<count]) }
        }
        for index in bytes.indices {
            for byte in [0, 0x22, 0x5C, 0x7B, 0xFF] as [UInt8] {
                var changed = bytes
                changed[index] = byte
                _ = try? JSON(parsing: changed[...])
            }
        }
    }

    @Test(arguments: [
        "", "{", "[1,]", "{,}", "01", "-", "1.", "1e", "\"\\u12\"", "\"\\ud800\"",
        "\"\\ud800\\u0041\"",
        "tru", "nul", "[1 2]", "{\"a\" 1}", "\"\u{1}\"", "1 2", "+1", "NaN", "{1:2}", "\"\\x\"",
    ])
    func `what is no JSON is refused`(text: String) {
        #expect(throws: JSONError.self) { try JSON(parsing: text) }
    }

    @Test
    func `depth is bounded`() throws {
        let deep = String(repeating: "[", count: 100_000)

        #expect(throws: JSONError.self) { try JSON(parsing: deep) }
        let legal = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
        _ = try JSON(parsing: legal)
    }
}
