/// What may stand behind a setting's name.
enum SettingKind: Sendable {
    case text
    case boolean
    case integer(ClosedRange<Int>)
    /// Digits and B, KiB, MiB, GiB or TiB.
    case byteCount(atLeast: Int)
    /// Digits and ms, s, m, h or d.
    case duration(atLeast: Int64)
    case choice([String])
    /// `HOST:PORT`, a port alone, or `off`.
    case address
    /// One or several of these.
    case choices([String])
    /// A tree that another module reads.
    case tree

    /// Why `text` is no such value; nil when it is one.
    func objection(to text: String) -> String? {
        switch self {
        case .text: return text.isEmpty ? "it is empty" : nil
        case .boolean:
            return ["true", "false"].contains(text) ? nil : "it has to be true or false"
        case .integer(let range):
            guard let number = Int(text), range.contains(number) else {
                return "it has to be a whole number from \(range.lowerBound) to \(range.upperBound)"
            }
            return nil
        case .byteCount(let least):
            guard let count = ByteCountText.parse(text) else {
                return "it has to be a size such as 64MiB, in B, KiB, MiB, GiB or TiB"
            }
            return count < least ? "it is at least \(ByteCountText.text(of: least))" : nil
        case .duration(let least):
            guard let length = DurationText.parse(text) else {
                return "it has to be a length of time such as 7d, in ms, s, m, h or d"
            }
            return length < least ? "it is at least \(DurationText.text(of: least))" : nil
        case .choice(let names): return objection(to: text, among: names)
        case .address:
            return text == "off" || ListenAddress(text) != nil
                ? nil : "it has to be HOST:PORT such as 127.0.0.1:5672, or off"
        case .choices(let names):
            return SettingKind.parts(of: text).lazy.compactMap { objection(to: $0, among: names) }
                .first
        case .tree: return "it has to be given in the file"
        }
    }

    private func objection(to text: String, among names: [String]) -> String? {
        guard !names.contains(text) else { return nil }
        let all = names.joined(separator: ", ")
        guard let meant = nearest(to: text, among: names) else { return "it has to be \(all)" }
        return "it has to be \(all): did you mean '\(meant)'?"
    }

    /// A list as environment and flags spell it.
    static func parts(of text: String) -> [String] {
        text.split(separator: ",").map { part in
            String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
    }
}

/// Sizes as people write them.
enum ByteCountText {
    private static let units = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1),
    ]

    static func parse(_ text: String) -> Int? { scaled(text, units + [("", 1)]) }

    static func text(of count: Int) -> String { spelt(count, units) }
}

/// Lengths of time as people write them, in milliseconds.
enum DurationText {
    private static let units = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    static func parse(_ text: String) -> Int64? { scaled(text, units).map { Int64($0) } }

    static func text(of length: Int64) -> String { spelt(Int(length), units) }
}

/// Digits and the name of a unit; nil for anything else, and beyond 64 bits.
private func scaled(_ text: String, _ units: [(String, Int)]) -> Int? {
    let digits = text.prefix { "0123456789".contains($0) }
    let name = text.dropFirst(digits.count).drop { $0 == " " }
    guard let number = Int(digits), let unit = units.first(where: { $0.0 == name }) else {
        return nil
    }
    let (product, overflow) = number.multipliedReportingOverflow(by: unit.1)
    return overflow ? nil : product
}

private func spelt(_ number: Int, _ units: [(String, Int)]) -> String {
    let unit = units.first { number != 0 && number % $0.1 == 0 } ?? units[units.count - 1]
    return "\(number / unit.1)\(unit.0)"
}

/// Where a listener waits.
package struct ListenAddress: Equatable, Sendable, CustomStringConvertible {
    /// A name or a number, without brackets.
    package let host: String
    /// 0: any free one.
    package let port: Int

    /// The address spelt `text`: `HOST:PORT`, `[IPv6]:PORT`, or a port on loopback.
    package init?(_ text: String) {
        let colon = text.lastIndex(of: ":")
        guard let port = UInt16(text[(colon.map { text.index(after: $0) } ?? text.startIndex)...])
        else { return nil }
        var host = colon.map { String(text[..<$0]) } ?? "127.0.0.1"
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, !host.contains(where: \.isWhitespace) else { return nil }
        self.host = host
        self.port = Int(port)
    }

    /// Whether only this machine can connect.
    package var isLoopback: Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }

    /// `HOST:PORT`.
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension ListenAddress {
    /// The address of a listener whose port is known now.
    init(_ host: String, _ port: Int) {
        self.host = host
        self.port = port
    }
}
