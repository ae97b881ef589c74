internal import Bytes

/// A record in pieces that fit the metadata of positions.
///
/// Pieces change in one commit of the log, so they always belong together. Each says how many there
/// are: those that an earlier, longer record left behind are passed over.
package enum RecordChunks {
    /// With the two bytes in front a piece stays below the log's limit of 64 KiB.
    package static let byteCountMax = 60 << 10
    /// Longer records are refused: 720 KiB.
    package static let countMax = 12

    /// The pieces of a record, one at least. Each begins with its number and how many there are.
    package static func split(_ record: [UInt8]) throws(RecordError) -> [[UInt8]] {
        let count = max(1, (record.count + byteCountMax - 1) / byteCountMax)
        guard count <= countMax else {
            throw .tooLarge(byteCount: record.count, limit: countMax * byteCountMax)
        }
        return (0..<count).map { index in
            let start = index * byteCountMax
            let part = record[start..<min(start + byteCountMax, record.count)]
            return [UInt8(index), UInt8(count)] + part
        }
    }

    /// The record whose pieces `piece` hands out by number; nil when there is none.
    package static func join(_ piece: (Int) -> [UInt8]?) throws(RecordError) -> [UInt8]? {
        guard let first = piece(0), !first.isEmpty else { return nil }
        guard first.count >= 2, first[0] == 0, (1...countMax).contains(Int(first[1])) else {
            throw .tooShort
        }
        var record = Array(first.dropFirst(2))
        for index in 1..<max(1, Int(first[1])) {
            guard let next = piece(index), next.count >= 2, next[0] == UInt8(index),
                next[1] == first[1]
            else { throw .tooShort }
            record += next.dropFirst(2)
        }
        return record
    }
}
