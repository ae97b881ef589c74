internal import Bytes
internal import Columns

/// A set of row numbers in the 64-bit form of Roaring that PROTOCOL.md describes.
///
/// It stays as compact as it was stored, because a few bytes of runs can name billions of rows.
struct RoaringBitmap: Sendable {
    private enum Container: Sendable {
        case array([UInt16])
        /// 65,536 bits.
        case bits([UInt64])
        /// First and last of each run.
        case runs([(first: UInt16, last: UInt16)])
    }

    /// Containers by the upper 48 bits of their numbers, in order.
    private var containers: [(key: UInt64, container: Container)] = []
    /// How many numbers there are.
    private(set) var count: Int64 = 0

    private static let cookie: UInt32 = 12_346
    private static let cookieWithRuns: UInt32 = 12_347
    private static let offsetsMin = 4
    private static let arrayCountMax = 4096

    /// Reads buckets of 32-bit bitmaps, each below the upper half of its numbers.
    init(_ reader: inout ByteReader) throws(DecodeError) {
        let bucketCount = try reader.littleEndian(as: UInt64.self)
        // Each takes twelve bytes or more.
        guard bucketCount <= UInt64(reader.remaining / 12 + 1) else {
            throw .badLength(position: reader.position)
        }
        for _ in 0..<bucketCount {
            let high = try reader.littleEndian(as: UInt32.self)
            guard high <= UInt32(Int32.max) else { throw .badValue(position: reader.position) }
            try readBucket(UInt64(high) << 16, &reader)
        }
    }

    /// Reads 32-bit bitmaps, each behind its length, for one upper half after another.
    init(listIn reader: inout ByteReader, isBigEndian: Bool) throws(DecodeError) {
        func number(_ reader: inout ByteReader) throws(DecodeError) -> UInt32 {
            isBigEndian ? try reader.integer() : try reader.littleEndian()
        }
        let bucketCount = try number(&reader)
        guard bucketCount <= UInt32(clamping: reader.remaining / 8 + 1) else {
            throw .badLength(position: reader.position)
        }
        for high in 0..<bucketCount {
            var bucket = try reader.slice(Int(try number(&reader)))
            try readBucket(UInt64(high) << 16, &bucket)
        }
    }

    private mutating func readBucket(
        _ high: UInt64, _ reader: inout ByteReader
    ) throws(DecodeError) {
        let cookie = try reader.littleEndian(as: UInt32.self)
        let containerCount: Int
        var runFlags: [UInt8] = []
        if cookie & 0xFFFF == Self.cookieWithRuns {
            containerCount = Int(cookie >> 16) + 1
            for _ in 0..<(containerCount + 7) / 8 { runFlags.append(try reader.byte()) }
        } else if cookie == Self.cookie {
            containerCount = Int(try reader.littleEndian(as: UInt32.self))
            guard containerCount <= 1 << 16 else { throw .badLength(position: reader.position) }
        } else {
            throw .badValue(position: reader.position)
        }
        var heads: [(key: UInt16, count: Int)] = []
        for _ in 0..<containerCount {
            let key = try reader.littleEndian(as: UInt16.self)
            heads.append((key, Int(try reader.littleEndian(as: UInt16.self)) + 1))
        }
        if runFlags.isEmpty || containerCount >= Self.offsetsMin {
            try reader.skip(containerCount * 4)
        }
        for (index, head) in heads.enumerated() {
            let isRuns = !runFlags.isEmpty && runFlags[index / 8] >> UInt8(index % 8) & 1 == 1
            let container =
                isRuns
                ? try Self.runs(&reader) : try Self.numbers(head.count, &reader)
            let key = high | UInt64(head.key)
            if let last = containers.last, last.key >= key {
                throw .badValue(position: reader.position)
            }
            containers.append((key, container))
            count += Self.count(of: container)
        }
    }

    private static func runs(_ reader: inout ByteReader) throws(DecodeError) -> Container {
        let runCount = try reader.littleEndian(as: UInt16.self)
        var runs: [(first: UInt16, last: UInt16)] = []
        for _ in 0..<runCount {
            let first = try reader.littleEndian(as: UInt16.self)
            let (last, overflow) = first.addingReportingOverflow(
                try reader.littleEndian(as: UInt16.self))
            guard !overflow, (runs.last.map { $0.last < first } ?? true) else {
                throw .badValue(position: reader.position)
            }
            runs.append((first, last))
        }
        return .runs(runs)
    }

    private static func numbers(
        _ count: Int, _ reader: inout ByteReader
    ) throws(DecodeError) -> Container {
        guard count <= arrayCountMax else {
            var words: [UInt64] = []
            for _ in 0..<1024 { words.append(try reader.littleEndian(as: UInt64.self)) }
            guard words.reduce(0, { $0 + $1.nonzeroBitCount }) == count else {
                throw .badValue(position: reader.position)
            }
            return .bits(words)
        }
        var array: [UInt16] = []
        for _ in 0..<count {
            let number = try reader.littleEndian(as: UInt16.self)
            guard array.last.map({ $0 < number }) ?? true else {
                throw .badValue(position: reader.position)
            }
            array.append(number)
        }
        return .array(array)
    }

    private static func count(of container: Container) -> Int64 {
        switch container {
        case .array(let numbers): Int64(numbers.count)
        case .bits(let words): words.reduce(0) { $0 + Int64($1.nonzeroBitCount) }
        case .runs(let runs): runs.reduce(0) { $0 + Int64($1.last - $1.first) + 1 }
        }
    }

    /// The largest number; nil when there is none.
    var last: UInt64? {
        guard let (key, container) = containers.last else { return nil }
        let low: UInt16? =
            switch container {
            case .array(let numbers): numbers.last
            case .bits(let words):
                words.lastIndex { $0 != 0 }.map {
                    UInt16($0 * 64 + 63 - words[$0].leadingZeroBitCount)
                }
            case .runs(let runs): runs.last?.last
            }
        return low.map { key << 16 | UInt64($0) }
    }

    /// A bit for each number of `range`, set where it is not in the set.
    func absent(in range: Range<UInt64>) -> Bits {
        var bits = Bits()
        var position = range.lowerBound
        while position < range.upperBound {
            let key = position >> 16
            let end = min(range.upperBound, (key + 1) << 16)
            if let container = container(of: key) {
                for number in position..<end {
                    bits.append(!Self.contains(container, UInt16(truncatingIfNeeded: number)))
                }
            } else {
                bits.append(repeating: true, count: Int(end - position))
            }
            position = end
        }
        return bits
    }

    private func container(of key: UInt64) -> Container? {
        var (low, high) = (0, containers.count)
        while low < high {
            let middle = (low + high) / 2
            if containers[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low < containers.count && containers[low].key == key
            ? containers[low].container : nil
    }

    private static func contains(_ container: Container, _ number: UInt16) -> Bool {
        switch container {
        case .bits(let words): return words[Int(number >> 6)] >> UInt64(number & 63) & 1 == 1
        case .array(let numbers):
            var (low, high) = (0, numbers.count)
            while low < high {
                let middle = (low + high) / 2
                if numbers[middle] < number { low = middle + 1 } else { high = middle }
            }
            return low < numbers.count && numbers[low] == number
        case .runs(let runs):
            var (low, high) = (0, runs.count)
            while low < high {
                let middle = (low + high) / 2
                if runs[middle].last < number { low = middle + 1 } else { high = middle }
            }
            return low < runs.count && runs[low].first <= number
        }
    }
}
