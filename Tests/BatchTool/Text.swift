#if canImport(Glibc)
    internal import Glibc
#endif

/// Says what is wrong, and ends the program with status 1.
func stop(_ message: String) -> Never {
    var text = message + "\n"
    text.withUTF8 { utf8 in _ = unsafe write(STDERR_FILENO, utf8.baseAddress, utf8.count) }
    exit(1)
}

/// The bytes behind an `x`, or `nil` for `-`.
func bytes(fromHex text: String) -> [UInt8]? {
    if text == "-" { return nil }
    let digits = Array(text.utf8)
    guard digits.count % 2 == 1, digits[0] == UInt8(ascii: "x") else { stop("not hex: \(text)") }
    return stride(from: 1, to: digits.count, by: 2).map { index in
        nibble(digits[index]) << 4 | nibble(digits[index + 1])
    }
}

/// Two digits per byte.
func hex(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes {
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
}

private func nibble(_ digit: UInt8) -> UInt8 {
    guard let value = Character(UnicodeScalar(digit)).hexDigitValue else { stop("not hex") }
    return UInt8(value)
}
