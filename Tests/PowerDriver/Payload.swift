import StreamModel
import TestKit

/// Which batch of which caller: its records follow from it, so that a checker can make them again.
struct BatchName: Hashable, CustomStringConvertible {
    let caller: Int
    let number: Int

    /// From this number on a caller's batches are tens of kilobytes.
    static let largeCallers = 20

    var description: String { "\(caller).\(number)" }

    init(caller: Int, number: Int) {
        self.caller = caller
        self.number = number
    }

    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".")
        guard parts.count == 2, let caller = Int(parts[0]), let number = Int(parts[1]) else {
            return nil
        }
        self.init(caller: caller, number: number)
    }

    /// Mostly some kilobytes, or some tens, that do not repeat, so that a torn sector shows; now
    /// and then less than a page.
    var values: [[UInt8]] {
        var generator = SeededGenerator(seed: UInt64(caller * 1_000_003 + number))
        let isSmall = number % 4 == 3
        let isLarge = caller >= Self.largeCallers
        let lengths = isSmall ? 1...300 : isLarge ? 4000...24_000 : 200...6000
        let count = isSmall ? 1 : Int.random(in: 1...4, using: &generator)
        return (0..<count).map { index in
            let length = Int.random(in: lengths, using: &generator)
            return Array("\(self).\(index) ".utf8) + generator.bytes(length)
        }
    }

    func batch(from producer: BatchProducer? = nil) throws -> RecordBatch {
        var builder = RecordBatchBuilder()
        for value in values {
            try builder.append(
                key: nil, value: value, timestamp: Timestamp(milliseconds: 1_700_000_000_000))
        }
        return builder.finish(from: producer)
    }
}

/// One record of a batch.
struct RecordName: Hashable, CustomStringConvertible {
    let batch: BatchName
    let index: Int

    var description: String { "\(batch).\(index)" }

    /// The record that a value is; nil when any byte of it is not as it was sent.
    init?(value: [UInt8]) {
        guard let space = value.prefix(64).firstIndex(of: UInt8(ascii: " ")) else { return nil }
        let text = String(decoding: value[..<space], as: UTF8.self)
        guard let dot = text.lastIndex(of: "."), let batch = BatchName(text[..<dot]),
            let index = Int(text[text.index(after: dot)...])
        else { return nil }
        let values = batch.values
        guard values.indices.contains(index), values[index] == value else { return nil }
        self.batch = batch
        self.index = index
    }

    init(batch: BatchName, index: Int) {
        self.batch = batch
        self.index = index
    }
}
