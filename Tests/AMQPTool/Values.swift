internal import AMQP
internal import AMQPFuzz
internal import Bytes
internal import TestKit

/// Reads a value per line, and prints it as text and as it is written again.
func rewriteValues() {
    while let line = readLine() {
        let raw = bytes(fromHex: line)
        var reader = ValueReader(raw.rawSpan)
        do throws(DecodeError) {
            let value = try reader.value()
            guard reader.isAtEnd else { throw .badLength(position: reader.position) }
            print(hex(encoded(value)))
        } catch {
            print("error \(error)")
        }
    }
}

/// Prints drawn values.
func drawValues(seed: UInt64, count: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<count { print(hex(encoded(DrawnValues.value(&generator)))) }
}

private func encoded(_ value: AMQPValue) -> [UInt8] {
    var writer = ValueWriter()
    writer.append(value)
    return writer.bytes.bytes
}
