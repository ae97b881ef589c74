/// A checksum that text or a file carries within itself: a name, and some bytes after it eight
/// hexadecimal digits.
///
///     … m i l l r a c e . c r c 3 2 c │ gap │ 0 1 2 3 a b c d …
///
/// It covers everything else, as if the digits were zeros. For formats that have no checksum but
/// let a writer add a member of its own. What was written by others has none, and cannot be told
/// from what has lost its name; so one changed bit is found out everywhere but in the name itself,
/// where it changes nothing else.
package struct Seal: Sendable {
    /// What the writer calls the member.
    package static let name = "millrace.crc32c"
    /// What the writer gives the member as its value, before `close`.
    package static let blank = "00000000"

    private static let digitCount = 8
    /// How many bytes the format puts between the name and the value.
    private let gap: Int

    /// `gap` counts the bytes between name and digits, such as the `":"` of JSON.
    package init(gap: Int) { self.gap = gap }

    /// What a reader can say of bytes that may have been sealed.
    package enum Verdict: Sendable { case unsealed, whole, broken }

    /// Writes the checksum over the blank digits. `headByteCount` is how far the name may lie from
    /// the beginning: what follows is others' words. The last of several names counts.
    package func close(_ bytes: inout [UInt8], headByteCount: Int? = nil) {
        guard let place = digits(in: bytes.rawSpan, headByteCount) else {
            preconditionFailure("what is to be sealed has no blank seal")
        }
        let text = String(checksum(of: bytes.rawSpan, without: place), radix: 16)
        let padded = String(repeating: "0", count: Self.digitCount - text.utf8.count) + text
        bytes.replaceSubrange(place..<place + Self.digitCount, with: padded.utf8)
    }

    /// Whether `bytes` are as they were when they were sealed, with the same `headByteCount`.
    package func check(_ bytes: RawSpan, headByteCount: Int? = nil) -> Verdict {
        guard let place = digits(in: bytes, headByteCount) else { return .unsealed }
        var stored: UInt32 = 0
        for position in place..<place + Self.digitCount {
            guard let digit = Self.value(of: bytes.byte(at: position)) else { return .broken }
            stored = stored << 4 | digit
        }
        return stored == checksum(of: bytes, without: place) ? .whole : .broken
    }

    /// Where the digits of the last seal begin.
    private func digits(in bytes: RawSpan, _ headByteCount: Int?) -> Int? {
        let name = Array(Self.name.utf8)
        let end = min(headByteCount ?? bytes.byteCount, bytes.byteCount)
        var start = end - name.count - gap - Self.digitCount
        while start >= 0 {
            let isName = name.indices.allSatisfy { bytes.byte(at: start + $0) == name[$0] }
            if isName { return start + name.count + gap }
            start -= 1
        }
        return nil
    }

    private func checksum(of bytes: RawSpan, without place: Int) -> UInt32 {
        let before = CRC32C.checksum(bytes.extracting(0..<place))
        let blank = CRC32C.extend(before, by: Array(Self.blank.utf8).rawSpan)
        return CRC32C.extend(blank, by: bytes.extracting(place + Self.digitCount..<bytes.byteCount))
    }

    private static func value(of digit: UInt8) -> UInt32? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(digit - UInt8(ascii: "a") + 10)
        default: nil
        }
    }
}
