/// Writes one JSON object at a time, without a tree.
struct JSONText {
    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// An object on a line of its own.
    static func line(_ fill: (inout JSONText) -> Void) -> [UInt8] {
        var text = JSONText()
        text.object(fill)
        text.bytes.append(UInt8(ascii: "\n"))
        return text.bytes
    }

    mutating func object(_ fill: (inout JSONText) -> Void) {
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
        fill(&self)
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    mutating func object(_ name: String, _ fill: (inout JSONText) -> Void) {
        begin(name)
        object(fill)
    }

    mutating func array<Element>(
        _ name: String, _ elements: [Element], _ fill: (Element, inout JSONText) -> Void
    ) {
        begin(name)
        bytes.append(UInt8(ascii: "["))
        needsComma = false
        for element in elements {
            separate()
            object { fill(element, &$0) }
        }
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    mutating func add(_ name: String, _ text: String?) {
        begin(name)
        if let text { string(text.utf8) } else { raw("null") }
    }

    mutating func add(_ name: String, _ number: some BinaryInteger) {
        begin(name)
        raw(String(number))
    }

    mutating func add(_ name: String, _ flag: Bool) {
        begin(name)
        raw(flag ? "true" : "false")
    }

    /// As a string when the bytes are UTF-8; else in base 64, under the name with `Base64` behind.
    mutating func add(_ name: String, bytes value: [UInt8]?) {
        guard let value else { return add(name, nil as String?) }
        if String(validating: value, as: UTF8.self) != nil {
            begin(name)
            string(value)
        } else {
            add(name + "Base64", base64(value))
        }
    }

    private mutating func begin(_ name: String) {
        separate()
        string(name.utf8)
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func string(_ text: some Sequence<UInt8>) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case UInt8(ascii: "\n"): raw("\\n")
            case UInt8(ascii: "\r"): raw("\\r")
            case UInt8(ascii: "\t"): raw("\\t")
            case 0..<0x20:
                let digits = String(byte, radix: 16)
                raw("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private func base64(_ value: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: value.count, by: 3) {
            let group = value[start..<min(start + 3, value.count)]
            let word = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << (8 * (3 - group.count))
            for place in 0..<4 {
                let digit = Int(word >> (18 - 6 * place) & 63)
                text.append(place <= group.count ? digits[digit] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
