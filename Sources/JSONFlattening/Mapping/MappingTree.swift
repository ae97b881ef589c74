internal import Bytes

/// A mapping before it is understood: what JSON and YAML have in common.
package indirect enum MappingTree: Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case text(String)
    case list([MappingTree])
    case members([(key: String, value: MappingTree)])

    /// What the value is, in words.
    var kind: String {
        switch self {
        case .null: "nothing"
        case .boolean: "true or false"
        case .integer: "a number"
        case .text: "a text"
        case .list: "a list"
        case .members: "a group of keys"
        }
    }
}

extension MappingTree {
    /// The tree of a JSON text.
    init(parsing bytes: [UInt8]) throws(MappingError) {
        var parser = ExactParser(bytes.rawSpan, depthMax: 128, reusing: TapeWriter())
        do { try parser.parse() } catch { throw MappingError([], .notJSON(error)) }
        let writer = parser.tape
        self = try Self.value(
            Tape.rootValue, of: Tape(words: writer.words.span, strings: writer.strings.rawSpan),
            at: [])
    }

    private static func value(
        _ index: Int, of tape: Tape, at path: [String]
    ) throws(MappingError) -> MappingTree {
        switch tape.tag(index) {
        case Tag.object: return .members(try members(index, of: tape, at: path))
        case Tag.array:
            var elements: [MappingTree] = []
            var element = index + 1
            while element < tape.closing(of: index) {
                elements.append(try value(element, of: tape, at: path))
                element = tape.end(of: element)
            }
            return .list(elements)
        case Tag.string: return .text(String(utf8: tape.string(index)))
        case Tag.integer: return .integer(tape.integer(index))
        case Tag.yes: return .boolean(true)
        case Tag.no: return .boolean(false)
        case Tag.null: return .null
        default: throw MappingError(path, .badNumber)
        }
    }

    private static func members(
        _ index: Int, of tape: Tape, at path: [String]
    ) throws(MappingError) -> [(key: String, value: MappingTree)] {
        var members: [(key: String, value: MappingTree)] = []
        var key = index + 1
        while key < tape.closing(of: index) {
            let name = String(utf8: tape.string(key))
            members.append((name, try value(key + 1, of: tape, at: path + [name])))
            key = tape.end(of: key + 1)
        }
        return members
    }
}
