/// Reads numbers as decimals of a given number of digits.
enum DecimalText {
    /// The integer left when the point is dropped; nil when `text` is no number of JSON's form, or
    /// has more digits than the decimal on one side of its point.
    static func unscaled(_ text: String, precision: Int, scale: Int) -> Int128? {
        var rest = Array(text.utf8)[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest.removeFirst() }
        var digits: [UInt8] = takeDigits(&rest)
        guard !digits.isEmpty else { return nil }
        var exponent = 0
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            let decimals = takeDigits(&rest)
            guard !decimals.isEmpty else { return nil }
            digits += decimals
            exponent = -decimals.count
        }
        if let mark = rest.first, mark | 0x20 == UInt8(ascii: "e") {
            rest.removeFirst()
            guard let power = Int(String(decoding: rest, as: UTF8.self)), abs(power) < 10_000 else {
                return nil
            }
            exponent += power
            rest = []
        }
        guard rest.isEmpty else { return nil }
        guard let value = shifted(digits, by: exponent + scale, precision) else { return nil }
        return isNegative ? -value : value
    }

    private static func takeDigits(_ rest: inout ArraySlice<UInt8>) -> [UInt8] {
        let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        rest.removeFirst(digits.count)
        return Array(digits)
    }

    /// `digits` with `places` zeros more, or fewer where those are zeros.
    private static func shifted(_ digits: [UInt8], by places: Int, _ precision: Int) -> Int128? {
        var digits = digits.drop { $0 == UInt8(ascii: "0") }
        guard !digits.isEmpty else { return 0 }
        var places = places
        while places < 0, digits.last == UInt8(ascii: "0") {
            digits.removeLast()
            places += 1
        }
        guard places >= 0, digits.count + places <= precision else { return nil }
        var value: Int128 = 0
        for digit in digits { value = value * 10 + Int128(digit - UInt8(ascii: "0")) }
        for _ in 0..<places { value *= 10 }
        return value
    }
}
