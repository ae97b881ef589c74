import Bytes
import Columns
import Glibc
import TestKit
import Testing

@testable import JSONFlattening

@Suite("JSONFlattening: hostile bodies")
struct BodyHostileBytes {
    static let seeds = [
        #"{"a":1,"b":[1.5,null,{"c":"x\u00e9\ud83d\ude00"}],"d":{"e":true,"f":-0.0e-3}}"#,
        #"{"a":18446744073709551615,"b":[],"d":{},"g":"2011-07-01T00:00:01.5Z","a":2}"#,
        #"[{"a":{"b":[[[]]]}},"\\\"\/\b\f\n\r\t",false]"#, #"{"":{"":{"":1e400}}}"#,
    ]
    static let mapping = """
        {"depthMax":6,"fields":{"b":{"as":"explode"},"d":{"as":"map"},
            "v":{"as":"list","type":"long"},"m":{"type":"decimal(9,3)"}}}
        """

    /// simdjson's answer, and that of the slow pass: the tapes as text, nil where refused.
    private func texts(_ body: [UInt8]) -> (quick: [UInt8]?, exact: [UInt8]?) {
        var quick = TapeParser(depthMax: 6, byteCountMax: 1 << 20)
        let isQuick = (try? quick.parse(0..<body.count, of: body.rawSpan)) != nil
        var exact = ExactParser(body.rawSpan, depthMax: 6, reusing: TapeWriter())
        let isExact = (try? exact.parse()) != nil
        let writer = exact.tape
        return (
            isQuick ? Self.text(of: quick.tape) : nil,
            isExact
                ? Self.text(of: Tape(words: writer.words.span, strings: writer.strings.rawSpan))
                : nil
        )
    }

    private static func text(of tape: Tape) -> [UInt8] {
        var text = TextBuffer()
        JSONText.append(Tape.rootValue, of: tape, to: &text)
        return text.array
    }

    /// A seed with a few bytes changed, cut or doubled.
    private func mutated(_ generator: inout SeededGenerator) -> [UInt8] {
        var body = Array((Self.seeds.randomElement(using: &generator) ?? "").utf8)
        for _ in 0..<Int.random(in: 0...3, using: &generator) where !body.isEmpty {
            let place = Int.random(in: body.indices, using: &generator)
            switch Int.random(in: 0...4, using: &generator) {
            case 0: body[place] = UInt8.random(in: 0...255, using: &generator)
            case 1: body.remove(at: place)
            case 2: body.insert(body.randomElement(using: &generator) ?? 0, at: place)
            case 3: body.removeSubrange(place...)
            default: body.insert(contentsOf: body[place...].prefix(9), at: place)
            }
        }
        return body
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `whatever is sent lands or is quarantined, and both parsers agree`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let plan = FlattenPlan(SchemaGrowth(try Mapping(parsing: Self.mapping)))
        var flattener = Flattener(plan, source: "s")
        var landed = 0

        for offset in 0..<4_000 {
            let body = mutated(&generator)
            let before = flattener.rowCounts
            let outcome = flattener.flatten(
                0..<body.count, of: body.rawSpan, partition: 0, offset: Int64(offset))
            let (quick, exact) = texts(body)

            #expect(quick == exact, "\(String(decoding: body, as: UTF8.self))")
            if case .quarantined = outcome {
                #expect(flattener.rowCounts == before)
                #expect(exact == nil, "\(String(decoding: body, as: UTF8.self))")
            } else {
                landed += 1
                #expect(flattener.rowCounts[0] == landed)
            }
        }
        let rows = flattener.take()
        #expect(rows.batches[0].rowCount == landed)
        #expect(landed > 500 && landed < 3_500)
    }

    /// The parser reads beyond a body, so a body that ends where memory ends must be copied.
    @Test func `a body at the end of a page before an unmapped one is safe`() throws {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let mapped = unsafe mmap(
            nil, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let start = unsafe mapped, unsafe start != MAP_FAILED else {
            Issue.record("two pages cannot be mapped")
            return
        }
        defer { unsafe munmap(start, 2 * page) }
        let isProtected = unsafe mprotect(start + page, page, PROT_NONE) == 0
        try #require(isProtected)
        let body = Array(#"{"a":12345,"b":"the end of the page"}"#.utf8)
        unsafe (start + page - body.count).copyMemory(from: body, byteCount: body.count)
        var flattener = Flattener(FlattenPlan(SchemaGrowth(Mapping())), source: "s")

        let buffer = unsafe RawSpan(_unsafeStart: start, byteCount: page)
        let outcome = flattener.flatten(
            page - body.count..<page, of: buffer, partition: 0, offset: 0)

        #expect(outcome == .landedWithRescues(2))
    }
}
