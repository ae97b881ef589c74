import TestKit
import Testing

@testable import MillraceCommand

@Suite("millrace produce: the key in a line")
struct KeyFieldTests {
    private func key(_ path: String, in line: String) throws -> String? {
        let bytes = Array(line.utf8)
        let field = try #require(KeyField(path))
        return try field.key(in: bytes.span).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: [
        ("id", #"{"id":"a"}"#, "a"), ("id", #" { "x" : [1,{"id":2}] , "id" : 17.5e3 } "#, "17.5e3"),
        ("site.id", #"{"id":1,"site":{"x":{"id":3},"id":"b"}}"#, "b"),
        ("id", #"{"id":"\"\\\/\b\f\n\r\tx"}"#, "\"\\/\u{8}\u{C}\n\r\tx"),
        ("id", #"{"id":"\u00e9\ud83d\ude00"}"#, "é😀"), ("id", #"{"\u0069d":"a"}"#, "a"),
        ("id", #"{"id":"first","id":"last"}"#, "last"), ("é", #"{"é":-0}"#, "-0"),
    ])
    func `the key is what the path leads to`(path: String, line: String, expected: String) throws {
        #expect(try key(path, in: line) == expected)
    }

    @Test(arguments: [
        #"{}"#, #"{"x":{"id":1}}"#, #"{"id":null}"#, #"{"idx":1,"i":2}"#,
    ])
    func `a line without the field has no key`(line: String) throws {
        #expect(try key("id", in: line) == nil)
    }

    @Test(arguments: [
        "", "x", "{", "{}}", #"{"id"}"#, #"{"id":}"#, #"{"id":1,}"#, #"{"id":01}"#, #"{"id":1.}"#,
        #"{"id":"\x"}"#, #"{"id":"\u12"}"#, #"{"id":"\ud800x"}"#, #"{"id":"\udc00"}"#,
        #"{"id":"a}"#, "{\"id\":\"\n\"}", #"{"x":tru,"id":1}"#, #"{"x":[1 2],"id":1}"#, "[1]",
        #"{"id":[]}"#, #"{"id":{}}"#, #"{"id":true}"#, #"{"id":1}{"#, #"{'id':1}"#,
    ])
    func `what is no object with such a field is an error`(line: String) {
        #expect(throws: KeyField.Problem.self) { try key("id", in: line) }
    }

    @Test func `every prefix of a line is an error and no trap`() throws {
        let line = Array(#"{"a":[true,false,null,-1.5e+3,"\ud83d\ude00"],"s":{"id":"x\n"}}"#.utf8)
        let field = try #require(KeyField("s.id"))
        for count in 0..<line.count {
            let prefix = Array(line[..<count])
            #expect(throws: KeyField.Problem.self) { try field.key(in: prefix.span) }
        }
        #expect(try field.key(in: line.span) == Array("x\n".utf8))
    }

    @Test func `endless nesting is an error and no overflow`() throws {
        let deep = String(repeating: "[", count: 1_000_000)

        #expect(throws: KeyField.Problem.tooDeep) { try key("id", in: #"{"x":"# + deep) }
    }
}
