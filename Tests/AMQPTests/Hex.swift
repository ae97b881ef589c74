import AMQP
import Bytes

/// The bytes of hex digits; spaces are for the reader.
func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.utf8.filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\n") }
    precondition(digits.count.isMultiple(of: 2), "an odd number of digits: \(hex)")
    return stride(from: 0, to: digits.count, by: 2).map { index in
        UInt8(nibble(digits[index]) << 4 | nibble(digits[index + 1]))
    }
}

private func nibble(_ digit: UInt8) -> Int {
    guard let value = Character(UnicodeScalar(digit)).hexDigitValue else {
        preconditionFailure("no hex digit: \(digit)")
    }
    return value
}

/// The digits of bytes.
func hex(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
        let text = String(byte, radix: 16)
        return text.count == 1 ? "0" + text : text
    }.joined()
}

/// What reading bytes as one value came to.
func decoded(
    _ bytes: [UInt8], limits: DecodeLimits = DecodeLimits()
) -> Result<AMQPValue, DecodeError> {
    let span = bytes.rawSpan
    var reader = ValueReader(span)
    do throws(DecodeError) {
        let value = try reader.value(limits: limits)
        guard reader.isAtEnd else { throw .badLength(position: reader.position) }
        return .success(value)
    } catch {
        return .failure(error)
    }
}

/// What stepping over a value came to.
func skipped(_ bytes: [UInt8]) -> Result<Range<Int>, DecodeError> {
    let span = bytes.rawSpan
    var reader = ValueReader(span)
    do throws(DecodeError) {
        return .success(try reader.skip())
    } catch {
        return .failure(error)
    }
}

/// The encoding of a value.
func encoded(_ value: AMQPValue) -> [UInt8] {
    var writer = ValueWriter()
    writer.append(value)
    return writer.bytes.bytes
}

/// What reading bytes as a performative came to, and how many of them it took.
func performative(_ bytes: [UInt8]) -> Result<(Performative, byteCount: Int), DecodeError> {
    let span = bytes.rawSpan
    var reader = ValueReader(span)
    do throws(DecodeError) {
        let performative = try Performative(&reader)
        return .success((performative, reader.position))
    } catch {
        return .failure(error)
    }
}
