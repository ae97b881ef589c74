import Columns
import DeltaTable
import Foundation

/// Tables of values at the edges: what statistics are cut at, and what directories are named after.
struct Extremes {
    let commands: TableCommands

    static let texts: [String] = {
        let tails = [
            "", "\u{1}", "\u{7E}", "\u{7F}", "\u{80}", "é", "\u{FFFF}", "😀", "\u{10FFFF}",
        ]
        var texts: [String] = ["", "a"]
        for length in [30, 31, 32, 33, 63, 64, 65] {
            for tail in tails { texts.append(String(repeating: "m", count: length) + tail + "z") }
        }
        for count in [31, 32, 33, 64, 65] {
            texts.append(String(repeating: "\u{10FFFF}", count: count))
        }
        return texts
    }()

    private static let doubles: [Double] = [
        0, -0.0, 1.5, -1.5, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
        -.greatestFiniteMagnitude, .infinity, -.infinity, .nan, 0.1, 1e300,
    ]

    /// Before 1970, between two milliseconds, at the edges of what text can say, and beyond.
    private static let moments: [Int64] = [
        0, -1, 1, 999, 1000, 1001, -999, -1000, -1001, 1_700_000_000_123_456,
        -62_135_596_800_000_000, 253_402_300_799_999_999, 253_402_300_800_000_000,
        -62_135_596_800_000_001, 9_000_000_000_000_000_000,
    ]

    private static let longs: [Int64] = [
        0, -1, .min, .max, 1 << 53, (1 << 53) + 1, -(1 << 53) - 1,
    ]

    private static let decimals: [Int128] = [
        0, 1, -1, 999_999_999_999_999_999, -999_999_999_999_999_999, 9_007_199_254_740_993,
    ]

    /// A file for each row, so that a reader which trusts a wrong bound loses the row.
    func write() async throws {
        let schema = Schema([
            Field("id", .long), Field("s", .string), Field("d", .double), Field("t", .timestamp),
            Field("l", .long), Field("n", .decimal(precision: 18, scale: 4)),
        ])
        var table = try await Table.create(
            in: commands.storage, TableDefinition(schema: schema), commands.surroundings)
        var files: [AddFile] = []
        for index in Self.texts.indices {
            var builder = BatchBuilder(schema)
            builder[0].append(int64: Int64(index))
            builder[1].append(string: Self.texts[index])
            builder[2].append(double: Self.doubles[index % Self.doubles.count])
            builder[3].append(int64: Self.moments[index % Self.moments.count])
            builder[4].append(int64: Self.longs[index % Self.longs.count])
            try builder[5].append(unscaled: Self.decimals[index % Self.decimals.count])
            builder.endRow()
            var file = try await table.dataFile()
            try await file.append(builder.take())
            files.append(try await file.finish())
        }
        print(try await table.commit(Append(files: files, schema: schema)))
    }

    private static let partitions: [String?] =
        (0x20...0x7E).map { String(UnicodeScalar(UInt8($0))) } + [
            nil, "", "a b", "100%", "a%20b",
            "%2F", "x=y", "a/b/c", "..", ".", "ü", "e\u{301}", "😀",
            "__HIVE_DEFAULT_PARTITION__", " lead", "trail ", "\"quoted\"", "new\nline", "tab\t",
            String((0x20...0x7E).map { Character(UnicodeScalar(UInt8($0))) }),
        ]

    /// A partition for each strange string, one row in each.
    func partition() async throws {
        let schema = Schema([Field("id", .long), Field("p", .string)])
        var table = try await Table.create(
            in: commands.storage, TableDefinition(schema: schema, partitionColumns: ["p"]),
            commands.surroundings)
        var files: [AddFile] = []
        for (index, text) in Self.partitions.enumerated() {
            var file = try await table.dataFile(
                partition: ["p": text.map(PartitionValue.string) ?? .null])
            var builder = BatchBuilder(Schema([Field("id", .long)]))
            builder[0].append(int64: Int64(index))
            builder.endRow()
            try await file.append(builder.take())
            files.append(try await file.finish())
        }
        _ = try await table.commit(Append(files: files, schema: schema))
        let data = try JSONEncoder().encode(Self.partitions)
        print(String(decoding: data, as: UTF8.self))
    }
}
