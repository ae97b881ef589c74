internal import Bytes
internal import Columns

extension StoredStatistics {
    /// The bounds of `statistics` as a file holds them, cut to `byteCountMax` where that is longer.
    ///
    /// A cut smallest value still sorts before all values, and a cut largest one is raised so that
    /// it sorts behind them; where it cannot be raised, there are no bounds.
    init(_ statistics: ColumnStatistics, _ leaf: Leaf, byteCountMax: Int) {
        nullCount = Int64(statistics.nullCount)
        guard let bounds = statistics.bounds else { return }
        switch bounds {
        case .int32(let range):
            set(range.lowerBound.littleEndianBytes, range.upperBound.littleEndianBytes)
        case .int64(let range):
            set(range.lowerBound.littleEndianBytes, range.upperBound.littleEndianBytes)
        case .int128(let range):
            var (low, high): ([UInt8], [UInt8]) = ([], [])
            low.append(decimal: range.lowerBound, byteCount: leaf.typeLength)
            high.append(decimal: range.upperBound, byteCount: leaf.typeLength)
            set(low, high)
        case .float(let range):
            set(
                range.lowerBound.bitPattern.littleEndianBytes,
                range.upperBound.bitPattern.littleEndianBytes)
        case .double(let range):
            set(
                range.lowerBound.bitPattern.littleEndianBytes,
                range.upperBound.bitPattern.littleEndianBytes)
        case .bits(let low, let high): set([low ? 1 : 0], [high ? 1 : 0])
        case .bytes(let low, let high): setCut(low, high, leaf.isText, byteCountMax)
        }
    }

    private mutating func set(_ low: [UInt8], _ high: [UInt8]) {
        (smallest, largest) = (low, high)
    }

    private mutating func setCut(_ low: [UInt8], _ high: [UInt8], _ isText: Bool, _ count: Int) {
        guard let raised = BoundCut.largest(high, byteCountMax: count, isText: isText) else {
            return
        }
        smallest = BoundCut.smallest(low, byteCountMax: count, isText: isText)
        largest = raised
        isSmallestExact = smallest?.count == low.count
        isLargestExact = high.count <= count
    }
}

/// Shortens the bounds of strings so that they remain bounds.
enum BoundCut {
    static func smallest(_ value: [UInt8], byteCountMax: Int, isText: Bool) -> [UInt8] {
        guard value.count > byteCountMax else { return value }
        return Array(value.prefix(isText ? boundary(in: value, at: byteCountMax) : byteCountMax))
    }

    /// Nil when nothing of that length sorts behind `value`.
    static func largest(_ value: [UInt8], byteCountMax: Int, isText: Bool) -> [UInt8]? {
        guard value.count > byteCountMax else { return value }
        let cut = value.prefix(isText ? boundary(in: value, at: byteCountMax) : byteCountMax)
        return isText ? raisedText(cut) : raisedBytes(cut)
    }

    /// The last place up to `position` where a character begins.
    private static func boundary(in text: [UInt8], at position: Int) -> Int {
        var position = position
        while position > 0 && text[position] & 0xC0 == 0x80 { position -= 1 }
        return position
    }

    private static func raisedBytes(_ value: ArraySlice<UInt8>) -> [UInt8]? {
        guard let last = value.lastIndex(where: { $0 < 0xFF }) else { return nil }
        var raised = Array(value[...last])
        raised[raised.count - 1] += 1
        return raised
    }

    /// Raises the last character that can be, and drops what follows it.
    private static func raisedText(_ value: ArraySlice<UInt8>) -> [UInt8]? {
        var scalars = Array(String(decoding: value, as: UTF8.self).unicodeScalars)
        while let last = scalars.popLast() {
            // The surrogates are no characters.
            let next = last.value == 0xD7FF ? 0xE000 : last.value + 1
            guard let raised = Unicode.Scalar(next) else { continue }
            scalars.append(raised)
            var text = String.UnicodeScalarView()
            text.append(contentsOf: scalars)
            return Array(String(text).utf8)
        }
        return nil
    }
}

extension FixedWidthInteger where Self: BitwiseCopyable {
    var littleEndianBytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: self)
        return bytes
    }
}
