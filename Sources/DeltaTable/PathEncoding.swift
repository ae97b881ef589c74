/// How values become directory names, and names become the paths of `add` (contract, section 6).
enum PathEncoding {
    private static let hexDigits = Array("0123456789ABCDEF".utf8)
    /// What Hive calls the directory of null.
    private static let nullDirectory = "__HIVE_DEFAULT_PARTITION__"

    /// The directory of a partition, `column=value`, of ASCII alone.
    ///
    /// WHY: more is escaped than Hive demands, because readers differ in whether they decode the
    /// rest; and Polars takes the values from here, so they must agree with `partitionValues`.
    static func directory(_ column: String, _ value: String?) -> String {
        guard let value, !value.isEmpty else { return escaped(column) + "=" + nullDirectory }
        // A value that is called so is not null, and only an escape can tell Polars.
        let text = value == nullDirectory ? "%5F" + escaped(value).dropFirst() : escaped(value)[...]
        return escaped(column) + "=" + text
    }

    private static func escaped(_ text: String) -> String {
        var output: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                output.append(byte)
            default:
                output.append(UInt8(ascii: "%"))
                output.append(hexDigits[Int(byte >> 4)])
                output.append(hexDigits[Int(byte & 15)])
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// The path of `add` for a name that consists of escaped parts: only `%` is left to encode.
    static func encoded(_ name: String) -> String {
        String(
            decoding: name.utf8.flatMap { $0 == UInt8(ascii: "%") ? Array("%25".utf8) : [$0] },
            as: UTF8.self)
    }

    /// The name that a path of `add` or `remove` stands for. What is no escape stays as it is.
    static func decoded(_ path: String) -> String {
        let bytes = Array(path.utf8)
        guard bytes.contains(UInt8(ascii: "%")) else { return path }
        var output: [UInt8] = []
        var position = 0
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "%"), position + 2 < bytes.count,
                let high = Character(Unicode.Scalar(bytes[position + 1])).hexDigitValue,
                let low = Character(Unicode.Scalar(bytes[position + 2])).hexDigitValue
            {
                output.append(UInt8(high << 4 | low))
                position += 3
            } else {
                output.append(bytes[position])
                position += 1
            }
        }
        return String(decoding: output, as: UTF8.self)
    }
}
