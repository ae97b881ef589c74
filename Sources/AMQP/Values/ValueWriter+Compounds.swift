public import Bytes

extension ValueWriter {
    /// A list or a map whose elements are being appended.
    @usableFromInline
    package struct Compound: Sendable {
        @usableFromInline let start: Int

        @inlinable init(start: Int) { self.start = start }
    }

    /// Begins a list or a map. Every beginning needs its end.
    @inlinable package mutating func beginCompound() -> Compound {
        let start = count
        // In the short form, which nearly all fit.
        bytes.append(0)
        bytes.append(0)
        bytes.append(0)
        return Compound(start: start)
    }

    /// Ends a list of `elementCount` elements.
    @inlinable package mutating func endList(_ list: Compound, count elementCount: Int) {
        end(list, count: elementCount, short: .list8, long: .list32)
    }

    /// Ends a map of `pairCount` keys with their values.
    @inlinable package mutating func endMap(_ map: Compound, pairs pairCount: Int) {
        end(map, count: pairCount * 2, short: .map8, long: .map32)
    }

    /// Puts code, size and count in front of what was appended since.
    @inlinable
    mutating func end(_ begun: Compound, count: Int, short: FormatCode, long: FormatCode) {
        let content = self.count - begun.start - 3
        if content < 0xFF && count <= 0xFF {
            bytes.bytes[begun.start] = short.rawValue
            bytes.bytes[begun.start + 1] = UInt8(truncatingIfNeeded: content + 1)
            bytes.bytes[begun.start + 2] = UInt8(truncatingIfNeeded: count)
        } else {
            widen(begun, count: count, code: long)
        }
    }

    /// Makes room for the long form.
    @usableFromInline
    mutating func widen(_ begun: Compound, count: Int, code: FormatCode) {
        let content = self.count - begun.start - 3
        precondition(content <= UInt32.max - 4, "\(content) bytes are more than AMQP can count")
        var head = ByteWriter(reserving: 9)
        head.append(code.rawValue)
        head.append(bigEndian: UInt32(content + 4))
        head.append(bigEndian: UInt32(count))
        bytes.bytes.replaceSubrange(begun.start..<(begun.start + 3), with: head.bytes)
    }

    /// A map, or null.
    package mutating func append(map: AMQPMap?) {
        guard let map else { return appendNull() }
        let begun = beginCompound()
        for pair in map.pairs {
            append(pair.key)
            append(pair.value)
        }
        endMap(begun, pairs: map.pairs.count)
    }

    /// An array of symbols, also of a single one; null for none.
    package mutating func append(symbols: [Symbol]) {
        if symbols.isEmpty { return appendNull() }
        append(AMQPArray(symbols: symbols))
    }

    /// An array.
    package mutating func append(_ array: AMQPArray) {
        let begun = beginCompound()
        appendElements(of: array)
        end(begun, count: array.elements.count, short: .array8, long: .array32)
    }
}
