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
struct KindsSeen: Equatable, Sendable {
    private var first: [InferredKind: Place] = [:]

    /// Where all kinds first came.
    var earliest: Place? { first.values.min() }

    mutating func note(_ kind: InferredKind, at place: Place) {
        first[kind] = first[kind].map { min($0, place) } ?? place
    }

    mutating func merge(_ other: KindsSeen) {
        for (kind, place) in other.first { note(kind, at: place) }
    }

    /// The kind of the column: whole and other numbers make doubles, moments and other texts make
    /// strings; between families the first to come decides.
    var decision: InferredKind? {
        guard let winner = first.min(by: { $0.value < $1.value })?.key else { return nil }
        return switch winner {
        case .long, .double: first[.double] == nil ? .long : .double
        case .timestamp, .string: first[.string] == nil ? .timestamp : .string
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
