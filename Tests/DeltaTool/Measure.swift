import Bytes
import Columns
import Foundation
import Parquet

/// Measures building and writing, on the columns that `Tests/Interop/measure.py` has laid out.
struct Measure {
    private let names = ["deviceId", "group", "region", "tags"]
    private let strings: [ByteStrings]
    private let seq: [Int64]
    private let enqueuedAt: [Int64]
    private let value: [Double]
    private let score: [Double]
    private let good: [UInt8]
    private let repeats: Int

    private let schema = Schema([
        Field("deviceId", .string), Field("group", .string), Field("region", .string),
        Field("tags", .string), Field("seq", .long), Field("enqueuedAt", .timestamp),
        Field("value", .double), Field("score", .double), Field("good", .boolean),
    ])

    init(_ directory: String, repeats: Int) throws {
        func file(_ name: String) throws -> Data {
            try Data(contentsOf: URL(fileURLWithPath: directory + "/" + name))
        }
        func numbers(_ name: String) throws -> [UInt64] {
            let bytes = [UInt8](try file(name))
            var reader = ByteReader(bytes.rawSpan)
            return try (0..<bytes.count / 8).map { _ in try reader.littleEndian(as: UInt64.self) }
        }
        strings = try names.map { name in
            var strings = ByteStrings()
            for line in try file(name).split(separator: 0x0A, omittingEmptySubsequences: false)
                .dropLast()
            {
                let bytes = [UInt8](line)
                strings.append(bytes.rawSpan)
            }
            return strings
        }
        seq = try numbers("seq").map { Int64(bitPattern: $0) }
        enqueuedAt = try numbers("enqueuedAt").map { Int64(bitPattern: $0) }
        value = try numbers("value").map { Double(bitPattern: $0) }
        score = try numbers("score").map { Double(bitPattern: $0) }
        good = [UInt8](try file("good"))
        self.repeats = repeats
    }

    /// Writes the file, and prints the rows and the seconds of building, and of building and
    /// encoding.
    func run(to path: String, profile: WriterOptions.Profile) throws {
        var options = WriterOptions()
        options.profile = profile
        let clock = ContinuousClock()
        var building = Duration.zero
        var encoding = Duration.zero
        var writer = FileWriter(schema, to: [UInt8](), options: options)
        var builder = BatchBuilder(schema)
        let count = seq.count * repeats
        var start = 0
        while start < count {
            let end = min(start + 50_000, count)
            let began = clock.now
            for row in start..<end { append(row % seq.count, to: &builder) }
            building += began.duration(to: clock.now)
            if builder.rowCount >= 1_000_000 || end == count {
                let began = clock.now
                writer.append(builder.take())
                encoding += began.duration(to: clock.now)
            }
            start = end
        }
        let began = clock.now
        let file = writer.finish().sink
        encoding += began.duration(to: clock.now)
        try Data(file).write(to: URL(fileURLWithPath: path))
        let (build, encode) = (building / .seconds(1), encoding / .seconds(1))
        print("{\"rows\":\(count),\"bytes\":\(file.count),\"build\":\(build),\"encode\":\(encode)}")
    }

    private func append(_ row: Int, to builder: inout BatchBuilder) {
        for index in 0..<4 {
            if index == 2 && strings[2].range(of: row).isEmpty { continue }
            let column = strings[index]
            builder[index].append(bytes: column[row])
        }
        builder[4].append(int64: seq[row])
        builder[5].append(int64: enqueuedAt[row])
        builder[6].append(double: value[row])
        builder[7].append(double: score[row])
        builder[8].append(bit: good[row] == 1)
        builder.endRow()
    }
}
