/// What a word of a tape stands for.
enum Tag {
    static let root = UInt8(ascii: "r")
    static let object = UInt8(ascii: "{")
    static let objectEnd = UInt8(ascii: "}")
    static let array = UInt8(ascii: "[")
    static let arrayEnd = UInt8(ascii: "]")
    static let string = UInt8(ascii: "\"")
    static let integer = UInt8(ascii: "l")
    /// An integer above `Int64.max`.
    static let unsigned = UInt8(ascii: "u")
    static let double = UInt8(ascii: "d")
    static let yes = UInt8(ascii: "t")
    static let no = UInt8(ascii: "f")
    static let null = UInt8(ascii: "n")
    /// A number that fits neither 64 bits nor a double, as its text. simdjson has no such word.
    static let vast = UInt8(ascii: "N")
}
