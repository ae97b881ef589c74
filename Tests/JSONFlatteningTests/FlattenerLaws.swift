import Bytes
import TestKit
import Testing

@testable import JSONFlattening

/// A document as a tree, and what a naive flattener makes of it.
private indirect enum Document {
    case scalar(String)
    case array([Document])
    case object([(key: String, value: Document)])

    static func random(_ depth: Int, _ generator: inout SeededGenerator) -> Document {
        switch Int.random(in: 0...(depth > 0 ? 9 : 6), using: &generator) {
        case 0: .scalar("null")
        case 1: .scalar(Bool.random(using: &generator) ? "true" : "false")
        case 2, 3: .scalar("\(Int64.random(in: -1_000...1_000, using: &generator))")
        case 4: .scalar("\(Double.random(in: -1_000...1_000, using: &generator))")
        case 5, 6: .scalar("\"s\(Int.random(in: 0...9, using: &generator))\"")
        case 7:
            .array(
                (0..<Int.random(in: 0...3, using: &generator)).map { _ in
                    random(depth - 1, &generator)
                })
        default: randomObject(depth, &generator)
        }
    }

    static func randomObject(_ depth: Int, _ generator: inout SeededGenerator) -> Document {
        let keys = ["a", "b", "c.d", "a_key_of_more_than_eight", "e"].shuffled(using: &generator)
        let count = Int.random(in: 0...keys.count, using: &generator)
        return .object(keys.prefix(count).map { ($0, random(depth - 1, &generator)) })
    }

    var json: String {
        switch self {
        case .scalar(let text): text
        case .array(let elements): "[\(elements.map(\.json).joined(separator: ","))]"
        case .object(let members):
            "{\(members.map { "\"\($0.key)\":\($0.value.json)" }.joined(separator: ","))}"
        }
    }

    /// Each value that is no object, by its path.
    func leaves(_ path: [String] = []) -> [(path: [String], text: String)] {
        switch self {
        case .scalar("null"): []
        case .scalar, .array: [(path, json)]
        case .object(let members): members.flatMap { $0.value.leaves(path + [$0.key]) }
        }
    }
}

@Suite("JSONFlattening: laws")
struct FlattenerLaws {
    /// The value as JSON, from a row's text.
    private func json(_ text: String, _ type: ColumnType) -> String {
        type == .string ? "\"\(text)\"" : text
    }

    /// Whether two JSON texts say the same number, or are the same.
    private func isSame(_ left: String, _ right: String) -> Bool {
        if left == right { return true }
        guard let left = Double(left), let right = Double(right) else { return false }
        return left == right
    }

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func `every value is in its column or in the rescued data, and nothing else is there`(
        seed: UInt64
    ) throws {
        var generator = SeededGenerator(seed: seed)
        let documents = (0..<60).map { _ in Document.randomObject(3, &generator) }
        var world = FlatWorld()

        world.flatten(documents.map { Array($0.json.utf8) })

        let rows = try world.rows()
        #expect(rows.count == documents.count)
        for (document, row) in zip(documents, rows) {
            var left = row
            let rescued = left.removeValue(forKey: "_rescued_data") ?? "{}"
            var missing = try Self.leaves(of: rescued)
            for (path, text) in document.leaves() {
                let column = world.growth.tables[0].columns.first { $0.isField(at: path) }
                if let column, case .field(_, let type, _) = column.role,
                    let value = left[column.name]
                {
                    #expect(isSame(json(value, type), text), "\(path)")
                    left[column.name] = nil
                } else {
                    let index = missing.firstIndex { $0.path == path && isSame($0.text, text) }
                    missing.remove(at: try #require(index, "\(path) is lost: \(document.json)"))
                }
            }
            #expect(left == [:])
            #expect(missing.map(\.path) == [])
        }
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func `rows do not depend on what was flattened before them`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let bodies = (0..<30).map { _ in
            Array(Document.randomObject(3, &generator).json.utf8)
        }
        var together = FlatWorld()
        together.flatten(bodies)

        for (index, body) in bodies.enumerated() {
            var flattener = Flattener(FlattenPlan(together.growth), source: "s")
            _ = flattener.flatten(
                0..<body.count, of: body.rawSpan, partition: 3, offset: Int64(index))
            let alone = FlatWorld.rows(of: flattener.take().batches[0])
            #expect(alone[0].filter { $0.key != "_source" } == (try together.row(index)))
        }
    }

    private static func leaves(of json: String) throws -> [(path: [String], text: String)] {
        var parser = TapeParser(depthMax: 64, byteCountMax: 1 << 20)
        let bytes = Array(json.utf8)
        try parser.parse(0..<bytes.count, of: bytes.rawSpan)
        return leaves(Tape.rootValue, of: parser.tape, [])
    }

    private static func leaves(
        _ index: Int, of tape: Tape, _ path: [String]
    ) -> [(path: [String], text: String)] {
        guard tape.tag(index) == Tag.object else {
            var text = TextBuffer()
            JSONText.append(index, of: tape, to: &text)
            return [(path, String(decoding: text.array, as: UTF8.self))]
                .filter { $0.1 != "null" }
        }
        var found: [(path: [String], text: String)] = []
        var key = index + 1
        while key < tape.closing(of: index) {
            let name = String(decoding: [UInt8](copying: tape.string(key)), as: UTF8.self)
            found += leaves(key + 1, of: tape, path + [name])
            key = tape.end(of: key + 1)
        }
        return found
    }
}

extension LayoutColumn {
    fileprivate func isField(at path: [String]) -> Bool {
        if case .field(path, _, _) = role { true } else { false }
    }
}
