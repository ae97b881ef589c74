import TestKit
import Testing

@testable import MillraceCommand

@Suite("millrace: JSON lines")
struct JSONTextTests {
    private func line(_ fill: (inout JSONText) -> Void) -> String {
        String(decoding: JSONText.line(fill), as: UTF8.self)
    }

    @Test func `names, numbers, nesting and lists are JSON`() {
        let text = line { line in
            line.add("a", 1)
            line.object("b") { $0.add("c", true) }
            line.array("d", [1, 2]) { $1.add("e", $0) }
            line.array("f", [Int]()) { $1.add("e", $0) }
            line.add("g", nil as String?)
        }

        #expect(text == #"{"a":1,"b":{"c":true},"d":[{"e":1},{"e":2}],"f":[],"g":null}"# + "\n")
    }

    @Test func `every character that has to be is escaped`() {
        let text = line { $0.add("a", "\"\\\n\r\t\u{1}\u{1F}é") }

        #expect(text == #"{"a":"\"\\\n\r\t\u0001\u001fé"}"# + "\n")
    }

    @Test(
        arguments: [
            ([0xFF], "/w=="), ([0xFF, 0xFE], "//4="), ([0xFF, 0xFE, 0xFD], "//79"),
        ] as [([UInt8], String)])
    func `what is not UTF-8 is in base 64`(bytes: [UInt8], expected: String) {
        #expect(line { $0.add("v", bytes: bytes) } == "{\"vBase64\":\"\(expected)\"}\n")
    }
}
