internal import Bytes

/// What a value looks like when nothing is declared of it.
enum InferredKind: Int, CaseIterable, Sendable {
    case boolean, long, double, timestamp, string, json

    var type: ColumnType {
        switch self {
        case .boolean: .boolean
        case .long: .long
        case .double: .double
        case .timestamp: .timestamp(.iso)
        case .string: .string
        case .json: .json
        }
    }

    /// The kind of the value at `index`; nil for nulls and objects.
    static func of(_ index: Int, in tape: Tape) -> InferredKind? {
        switch tape.tag(index) {
        case Tag.yes, Tag.no: .boolean
        case Tag.integer, Tag.unsigned: .long
        case Tag.double: .double
        case Tag.vast: isWhole(tape.string(index)) ? .long : .double
        case Tag.string:
            ISO8601.microseconds(tape.string(index), .plain) == nil ? .string : .timestamp
        case Tag.array: .json
        default: nil
        }
    }

    private static func isWhole(_ number: RawSpan) -> Bool {
        (0..<number.byteCount).allSatisfy {
            let byte = number.byte(at: $0)
            return byte != UInt8(ascii: ".") && byte | 0x20 != UInt8(ascii: "e")
        }
    }
}

/// Where each kind of value first came at one path. Merging is associative and commutative, so
/// what is decided from it does not depend on how a range was cut into tasks.
struct KindsSeen: Sendable {
    /// By the kind's number.
    private var first = InlineArray<6, Place?>(repeating: nil)

    private(set) var isEmpty = true

    /// Each kind that came, and where it came first.
    var all: [(kind: InferredKind, place: Place)] {
        InferredKind.allCases.compactMap { kind in first[kind.rawValue].map { (kind, $0) } }
    }

    /// Where all kinds first came.
    var earliest: Place? { all.map(\.place).min() }

    mutating func note(_ kind: InferredKind, at place: Place) {
        if let known = first[kind.rawValue], known < place { return }
        first[kind.rawValue] = place
        isEmpty = false
    }

    /// The kind of the column: whole and other numbers make doubles, moments and other texts make
    /// strings; between families the first to come decides.
    var decision: InferredKind? {
        guard let winner = all.min(by: { $0.place < $1.place })?.kind else { return nil }
        return switch winner {
        case .long, .double: first[InferredKind.double.rawValue] == nil ? .long : .double
        case .timestamp, .string: first[InferredKind.string.rawValue] == nil ? .timestamp : .string
        case .boolean, .json: winner
        }
    }
}

/// A place in the log, and in its document.
struct Place: Comparable, Sendable {
    let partition: Int32
    let offset: Int64
    /// Counts the values of the document.
    let word: Int

    static func < (left: Place, right: Place) -> Bool {
        (left.partition, left.offset, left.word) < (right.partition, right.offset, right.word)
    }
}
