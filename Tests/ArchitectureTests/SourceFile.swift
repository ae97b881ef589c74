/// A file of the repository whose text the rules are about.
struct SourceFile: CustomStringConvertible {
    /// Relative to the root.
    let path: String
    let text: String
    let lines: [Substring]

    /// The lines without their literals and `//` comments, for rules about code alone.
    let code: [Substring]

    init(path: String, text: String) {
        self.path = path
        self.text = text
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        code = lines.map(Self.code)
    }

    /// Its first directory below `Sources`, `Tests` or `Benchmarks`: the module.
    var module: String { String(path.split(separator: "/").dropFirst().first ?? "") }

    /// What follows the last dot of its name, or nothing.
    var `extension`: String {
        let name = path.split(separator: "/").last ?? ""
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count > 1 ? String(parts[parts.count - 1]) : ""
    }

    var description: String { path }

    /// By hand and over bytes: as a regular expression this took most of the tests' time.
    private static func code(of line: Substring) -> Substring {
        let quote = UInt8(ascii: "\"")
        let slash = UInt8(ascii: "/")
        guard line.utf8.contains(where: { $0 == quote || $0 == slash }) else { return line }

        var kept: [UInt8] = []
        var isInLiteral = false
        var isEscaped = false
        for byte in line.utf8 {
            if isInLiteral {
                if byte == quote, !isEscaped { isInLiteral = false }
                isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
                if isInLiteral { continue }
            } else if byte == quote {
                isInLiteral = true
            } else if byte == slash, kept.last == slash {
                kept.removeLast()
                break
            }
            kept.append(byte)
        }
        return Substring(decoding: kept, as: UTF8.self)
    }
}
