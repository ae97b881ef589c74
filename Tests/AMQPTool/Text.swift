#if canImport(Glibc)
    internal import Glibc
#endif

/// Says what is wrong, and ends the program with status 1.
func stop(_ message: String) -> Never {
    var text = message + "\n"
    text.withUTF8 { utf8 in _ = unsafe write(STDERR_FILENO, utf8.baseAddress, utf8.count) }
    exit(1)
}

/// A file's first bytes as text; empty when it cannot be read.
func readSmallFile(_ path: String) -> String {
    let descriptor = unsafe open(path, O_RDONLY)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    // SAFETY: the buffer is as long as it says, and used only inside the closure.
    let count = unsafe bytes.withUnsafeMutableBytes { buffer in
        unsafe read(descriptor, buffer.baseAddress, buffer.count)
    }
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
}

/// Two digits per byte.
func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes {
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
}

/// The bytes of hex digits.
func bytes(fromHex text: String) -> [UInt8] {
    let digits = text.utf8.map { digit -> UInt8 in
        guard let value = Character(UnicodeScalar(digit)).hexDigitValue else { stop("not hex") }
        return UInt8(value)
    }
    guard digits.count.isMultiple(of: 2) else { stop("an odd number of digits") }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}
