/// Chooses the partition of a record by its key, as Event Hubs does.
///
/// Bob Jenkins' lookup3 with two results and both seeds 0, folded to 16 bits. Everything that
/// chooses by key uses it, except Kafka clients, which choose before they send.
package enum PartitionHash {
    /// The partition, of `count`, that records with `key` go to.
    package static func partition(forKey key: RawSpan, count: Int) -> PartitionIndex {
        precondition(PartitionIndex.counts.contains(count), "no stream has \(count) partitions")
        // WHY: the truncated remainder of a signed hash, then its size: what the service does.
        return PartitionIndex(unchecked: Int32(abs(Int(hash(key)) % count)))
    }

    /// Event Hubs' hash of `key`.
    package static func hash(_ key: RawSpan) -> Int16 {
        var state = Lookup3(byteCount: key.byteCount)
        var position = 0
        while key.byteCount - position > 12 {
            state.add(key.extracting(position..<(position + 12)))
            state.mix()
            position += 12
        }
        if position < key.byteCount {
            state.add(key.extracting(position..<key.byteCount))
            state.finish()
        }
        return Int16(truncatingIfNeeded: state.c ^ state.b)
    }
}

/// The three words that lookup3 stirs.
private struct Lookup3 {
    private var a: UInt32
    private(set) var b: UInt32
    private(set) var c: UInt32

    init(byteCount: Int) {
        a = 0xDEAD_BEEF &+ UInt32(truncatingIfNeeded: byteCount)
        (b, c) = (a, a)
    }

    /// Adds 1 to 12 bytes, as if zeros made up what is missing.
    mutating func add(_ block: RawSpan) {
        a &+= word(of: block, at: 0)
        b &+= word(of: block, at: 4)
        c &+= word(of: block, at: 8)
    }

    mutating func mix() {
        stir(&a, c, 4)
        c &+= b
        stir(&b, a, 6)
        a &+= c
        stir(&c, b, 8)
        b &+= a
        stir(&a, c, 16)
        c &+= b
        stir(&b, a, 19)
        a &+= c
        stir(&c, b, 4)
        b &+= a
    }

    mutating func finish() {
        blend(&c, b, 14)
        blend(&a, c, 11)
        blend(&b, a, 25)
        blend(&c, b, 16)
        blend(&a, c, 4)
        blend(&b, a, 14)
        blend(&c, b, 24)
    }

    private func word(of block: RawSpan, at position: Int) -> UInt32 {
        var word: UInt32 = 0
        for index in (position..<max(position, min(position + 4, block.byteCount))).reversed() {
            // SAFETY: the load checks its bounds, and any bit pattern is a byte.
            word =
                word << 8 | UInt32(unsafe block.unsafeLoad(fromByteOffset: index, as: UInt8.self))
        }
        return word
    }

    private func stir(_ word: inout UInt32, _ other: UInt32, _ count: UInt32) {
        word = (word &- other) ^ rotated(other, by: count)
    }

    private func blend(_ word: inout UInt32, _ other: UInt32, _ count: UInt32) {
        word = (word ^ other) &- rotated(other, by: count)
    }

    private func rotated(_ word: UInt32, by count: UInt32) -> UInt32 {
        (word << count) | (word >> (32 - count))
    }
}

/// Spreads what has no key over the partitions of a stream, one after the other.
package struct RoundRobin: Sendable {
    private var turn: UInt32

    /// `turn` is whose turn it is; different starts keep many small producers apart.
    package init(startingAt turn: UInt32 = 0) { self.turn = turn }

    /// The next partition of `count`.
    package mutating func next(count: Int) -> PartitionIndex {
        precondition(PartitionIndex.counts.contains(count), "no stream has \(count) partitions")
        defer { turn &+= 1 }
        return PartitionIndex(unchecked: Int32(turn % UInt32(count)))
    }
}
