/// Makes names of columns and tables from paths of a document.
///
/// A name has only letters, digits and underscores, so that no reader of Delta tables refuses it or
/// needs quotes; names of one table differ in more than case.
struct ColumnNames: Equatable, Sendable {
    /// The names that are taken, in lower case.
    private var taken: Set<String>

    /// What Spark and Delta keep for themselves, and what our own later columns are called.
    private static let reserved: Set<String> = [
        "_metadata", "_change_type", "_commit_version", "_commit_timestamp", "_source",
        "_partition", "_offset", "_rescued_data",
    ]

    init() { taken = Self.reserved }

    /// Takes a name that is given; whether it was free.
    @discardableResult
    mutating func take(_ name: String) -> Bool { taken.insert(name.lowercased()).inserted }

    /// A free name for the value at `path`, which is taken afterwards. `fallback` stands for an
    /// empty path.
    mutating func name(for path: [String], fallback: String = "value") -> String {
        let parts = path.map { $0.isEmpty ? "empty" : Self.sanitised($0) }
        let base = Self.cut(path.isEmpty ? fallback : parts.joined(separator: "_"))
        if take(base) { return base }
        var number = 2
        while !take("\(base)_\(number)") { number += 1 }
        return "\(base)_\(number)"
    }

    /// Letters and digits of any script; what else Spark would take needs quotes somewhere.
    static func isKept(_ scalar: Unicode.Scalar) -> Bool {
        guard !scalar.isASCII else {
            return scalar == "_" || scalar.properties.isAlphabetic
                || ("0"..."9").contains(scalar)
        }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .otherLetter, .modifierLetter,
            .decimalNumber, .nonspacingMark, .spacingMark:
            return true
        default: return false
        }
    }

    private static func sanitised(_ key: String) -> String {
        var name = String.UnicodeScalarView()
        for scalar in key.unicodeScalars { name.append(isKept(scalar) ? scalar : "_") }
        return String(name)
    }

    private static func cut(_ name: String) -> String {
        guard name.utf8.count > MappingNames.byteCountMax else { return name }
        var cut = String.UnicodeScalarView()
        var byteCount = 0
        for scalar in name.unicodeScalars {
            byteCount += UTF8.width(scalar)
            guard byteCount <= MappingNames.byteCountMax else { break }
            cut.append(scalar)
        }
        return String(cut)
    }
}
