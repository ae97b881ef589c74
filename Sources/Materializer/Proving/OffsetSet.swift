/// Which offsets of a partition have been seen. A bit for each, in pieces; a full piece is free.
struct OffsetSet: Sendable {
    private enum Piece: Sendable {
        case some(words: [UInt64], count: Int)
        case all
    }

    private static let pieceSize: Int64 = 1 << 16
    private var pieces: [Int64: Piece] = [:]
    private(set) var count: Int64 = 0

    /// False when it was there already, or cannot be an offset.
    mutating func insert(_ offset: Int64) -> Bool {
        guard offset >= 0 else { return false }
        let number = offset / Self.pieceSize
        let bit = Int(offset % Self.pieceSize)
        switch pieces[number] ?? .some(words: [], count: 0) {
        case .all: return false
        case .some(var words, let known):
            if words.isEmpty { words = [UInt64](repeating: 0, count: Int(Self.pieceSize) / 64) }
            // The dictionary lets go of the words, so that they are changed in place.
            pieces[number] = nil
            let mask: UInt64 = 1 << UInt64(bit & 63)
            let isNew = words[bit >> 6] & mask == 0
            words[bit >> 6] |= mask
            let total = known + (isNew ? 1 : 0)
            pieces[number] = total == Int(Self.pieceSize) ? .all : .some(words: words, count: total)
            count += isNew ? 1 : 0
            return isNew
        }
    }

    func contains(_ offset: Int64) -> Bool {
        guard offset >= 0 else { return false }
        switch pieces[offset / Self.pieceSize] {
        case .some(.all): return true
        case .some(.some(let words, _)):
            let bit = Int(offset % Self.pieceSize)
            return words[bit >> 6] >> UInt64(bit & 63) & 1 == 1
        case nil: return false
        }
    }

    /// The parts of `range` that have not been seen, in order, neighbours together.
    func missing(in range: Range<Int64>) -> [Range<Int64>] {
        var found: [Range<Int64>] = []
        func add(_ part: Range<Int64>) {
            if let last = found.last, last.upperBound == part.lowerBound {
                found[found.count - 1] = last.lowerBound..<part.upperBound
            } else {
                found.append(part)
            }
        }
        var next = range.lowerBound
        while next < range.upperBound {
            let number = next / Self.pieceSize
            let end = min(range.upperBound, (number + 1) * Self.pieceSize)
            switch pieces[number] {
            case .some(.all): break
            case nil: add(next..<end)
            case .some(.some): for offset in next..<end where !contains(offset) { add(offset..<offset + 1) }
            }
            next = end
        }
        return found
    }
}
