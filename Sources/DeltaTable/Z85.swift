/// The base-85 text of ZeroMQ (RFC 32/Z85): five characters for every four bytes.
enum Z85 {
    private static let alphabet = Array(
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#".utf8
    )

    private static let values: [UInt8?] = {
        var values = [UInt8?](repeating: nil, count: 256)
        for (value, character) in alphabet.enumerated() {
            values[Int(character)] = UInt8(value)
        }
        return values
    }()

    /// Nil when the text is none that an encoder can have written.
    static func decoded(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count % 5 == 0 else { return nil }
        var output: [UInt8] = []
        output.reserveCapacity(text.count / 5 * 4)
        var word: UInt64 = 0
        for (index, character) in text.enumerated() {
            guard let value = values[Int(character)] else { return nil }
            word = word * 85 + UInt64(value)
            guard index % 5 == 4 else { continue }
            guard let whole = UInt32(exactly: word) else { return nil }
            for shift in stride(from: 24, through: 0, by: -8) {
                output.append(UInt8(truncatingIfNeeded: whole >> UInt32(shift)))
            }
            word = 0
        }
        return output
    }
}
