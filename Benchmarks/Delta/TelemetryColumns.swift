import Bytes
import Columns
import Foundation

/// The telemetry flattened to columns, as the peer has laid them out: where rows come from.
struct TelemetryColumns {
    static let schema = Schema([
        Field("deviceId", .string), Field("group", .string), Field("region", .string),
        Field("tags", .string), Field("seq", .long), Field("enqueuedAt", .timestamp),
        Field("value", .double), Field("score", .double), Field("good", .boolean),
    ])

    private let deviceID: ByteStrings
    private let group: ByteStrings
    private let region: ByteStrings
    private let tags: ByteStrings
    private let seq: [Int64]
    private let enqueuedAt: [Int64]
    private let value: [Double]
    private let score: [Double]
    private let good: [UInt8]
    private let repeats: Int

    init(_ peer: TelemetryPeer) throws {
        let files = ColumnFiles(directory: peer.directory)
        deviceID = try files.strings("deviceId")
        group = try files.strings("group")
        region = try files.strings("region")
        tags = try files.strings("tags")
        seq = try files.integers("seq")
        enqueuedAt = try files.integers("enqueuedAt")
        value = try files.doubles("value")
        score = try files.doubles("score")
        good = try files.bytes("good")
        repeats = peer.repeats
    }

    var rowCount: Int { seq.count * repeats }

    /// Appends rows one by one, as somebody does who finds them in documents.
    func append(_ rows: Range<Int>, to builder: inout BatchBuilder) {
        var row = rows.lowerBound % seq.count
        for _ in rows {
            builder[0].append(bytes: deviceID[row])
            builder[1].append(bytes: group[row])
            if !region.range(of: row).isEmpty { builder[2].append(bytes: region[row]) }
            builder[3].append(bytes: tags[row])
            builder[4].append(int64: seq[row])
            builder[5].append(int64: enqueuedAt[row])
            builder[6].append(double: value[row])
            builder[7].append(double: score[row])
            builder[8].append(bit: good[row] == 1)
            builder.endRow()
            row = row + 1 == seq.count ? 0 : row + 1
        }
    }

    /// Calls `body` with each row group's worth of rows.
    func forEachGroup(_ body: (Range<Int>) throws -> Void) rethrows {
        for start in stride(from: 0, to: rowCount, by: Self.rowsPerGroup) {
            try body(start..<min(start + Self.rowsPerGroup, rowCount))
        }
    }

    /// As on the peer's side.
    static let rowsPerGroup = 1_000_000
}

/// One file a column: a line a string, or the bytes of the numbers.
private struct ColumnFiles {
    let directory: String

    func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(directory)/\(name)")))
    }

    func strings(_ name: String) throws -> ByteStrings {
        var strings = ByteStrings()
        let text = try bytes(name)
        for line in text.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast() {
            strings.append(line.rawSpan)
        }
        return strings
    }

    func integers(_ name: String) throws -> [Int64] {
        let stored = try bytes(name)
        var integers: [Int64] = []
        integers.append(littleEndian: stored.rawSpan)
        return integers
    }

    func doubles(_ name: String) throws -> [Double] {
        try integers(name).map { Double(bitPattern: UInt64(bitPattern: $0)) }
    }
}
