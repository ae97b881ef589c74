/// Writes a tape: the same form as simdjson's, in memory of its own.
struct TapeWriter: Sendable {
    private(set) var words: [UInt64] = []
    private(set) var strings: [UInt8] = []
    private var stringStart = 0

    /// How many bytes behind a string's own can be read, as simdjson has it.
    static let stringPadding = 16

    mutating func begin() {
        words.removeAll(keepingCapacity: true)
        strings.removeAll(keepingCapacity: true)
        append(Tag.root, 0)
    }

    mutating func finish() {
        append(Tag.root, 0)
        words[0] = Self.word(Tag.root, words.count)
        strings.append(contentsOf: repeatElement(0, count: Self.stringPadding))
    }

    mutating func append(_ tag: UInt8, _ payload: Int = 0) { words.append(Self.word(tag, payload)) }

    mutating func append(_ tag: UInt8, value: UInt64) {
        append(tag)
        words.append(value)
    }

    /// Begins an object or array and returns its place, which `close` wants.
    mutating func open(_ tag: UInt8) -> Int {
        append(tag)
        return words.count - 1
    }

    mutating func close(_ opened: Int, _ tag: UInt8) {
        append(tag, opened)
        words[opened] |= UInt64(words.count)
    }

    // MARK: Strings

    mutating func beginString(_ tag: UInt8 = Tag.string) {
        append(tag, strings.count)
        stringStart = strings.count
        strings.append(contentsOf: [0, 0, 0, 0])
    }

    mutating func append(byte: UInt8) { strings.append(byte) }

    mutating func append(scalar: Unicode.Scalar) {
        strings.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }

    mutating func endString() {
        let count = strings.count - stringStart - 4
        for place in 0..<4 {
            strings[stringStart + place] = UInt8(truncatingIfNeeded: count >> (8 * place))
        }
        strings.append(0)
    }

    private static func word(_ tag: UInt8, _ payload: Int) -> UInt64 {
        UInt64(tag) << 56 | UInt64(payload)
    }
}
