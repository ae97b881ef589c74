import Bytes
import Columns
import ColumnsKit
import Foundation
import Parquet
import Testing

@testable import DeltaTable

@Suite("DeltaTable: verifying")
struct TableVerifierTests {
    let world = TableWorld()

    private func report(_ depth: TableDepth = .checksums) async throws -> TableReport {
        try await TableVerifier(world.storage, depth).run()
    }

    @Test
    func `a whole table is counted and nothing is said against it`() async throws {
        var table = try await world.tableOfThree()
        try await table.checkpoint()

        let report = try await report()

        #expect(report.damage == [])
        #expect(report.version == 3)
        #expect((report.fileCount, report.rowCount) == (3, 30))
        #expect(try await self.report(.values) == report)
    }

    @Test
    func `a flipped bit is named, wherever in a data file or checkpoint it is`() async throws {
        var table = try await world.create()
        let file = try await world.commit(0..<3, to: &table)
        try await table.checkpoint()
        let checkpoint = "_delta_log/00000000000000000001.checkpoint.parquet"

        for path in [file.path, checkpoint] {
            let url = URL(fileURLWithPath: world.root + "/" + path)
            let whole = try Data(contentsOf: url)
            // An odd step, so that every kind of byte is met.
            for place in stride(from: 0, to: whole.count, by: 53) {
                var broken = whole
                broken[place] ^= 1 << UInt8(place % 8)
                try broken.write(to: url)
                // In a seal's own name it would only pass for a file of somebody else.
                if Self.isName(place, in: whole) { continue }
                let found = try await report().damage.map(\.path)
                #expect(found == [path], "byte \(place)")
            }
            try whole.write(to: url)
        }
    }

    /// Whether a byte is of the names by which a footer's checksums are found.
    private static func isName(_ place: Int, in bytes: Data) -> Bool {
        [Seal.name, "millrace.body.crc32c"].contains { name in
            bytes.range(of: Data(name.utf8), options: .backwards)?.contains(place) ?? false
        }
    }

    @Test
    func `files and commits that are gone or shorter are named`() async throws {
        _ = try await world.tableOfThree()
        let names = try world.dataFiles().sorted()
        let manager = FileManager.default
        try manager.removeItem(atPath: world.root + "/" + names[0])
        let short = URL(fileURLWithPath: world.root + "/" + names[1])
        try Data(try Data(contentsOf: short).dropLast()).write(to: short)

        #expect(try await report().damage.map(\.path) == Array(names.prefix(2)))
        try manager.removeItem(atPath: world.commitPath(2))
        #expect(try await !report().damage.isEmpty)
    }

    @Test(arguments: [
        (DataType.long, ColumnValue.integer(5), "4", "6", "6", "9"),
        (.byte, .integer(-5), "-6", "-4", "-4", "0"),
        (.date, .integer(0), "\"1969-12-31\"", "\"1970-01-02\"", "\"1970-01-02\"", "null"),
        (.timestamp, .integer(1_000_900), "\"1970-01-01T00:00:01.000Z\"",
         "\"1970-01-01T00:00:01.000Z\"", "null", "\"1970-01-01T00:00:00.999Z\""),
        (.double, .double(1.5), "1.5", "1.5", "1.6", "2"),
        (.float, .float(0.1), "0.1", "0.1", "-1", "0.09"),
        (.decimal(precision: 9, scale: 2), .integer(150), "1.5", "1.50", "1.51", "2"),
        (.string, .bytes(Array("m".utf8)), "\"a\"", "\"m\"", "\"n\"", "\"z\""),
    ])
    func `a value outside of the stated bounds is found whatever its type`(
        type: DataType, value: ColumnValue, low: String, high: String, wrongLow: String,
        wrongHigh: String
    ) throws {
        let schema = Schema([Field("s", .structure([Field("x", type)])), Field("y", type)])
        var builder = BatchBuilder(schema)
        for index in 0..<2 {
            builder[index].append(index == 0 ? .structure([value]) : value)
        }
        builder.endRow()
        let batch = builder.take()
        func violated(_ low: String, _ high: String, in name: String) throws -> String? {
            func bounds(_ text: String) -> String {
                name == "y" ? "{\"y\":\(text)}" : "{\"s\":{\"x\":\(text)}}"
            }
            let text = "{\"minValues\":\(bounds(low)),\"maxValues\":\(bounds(high))}"
            return StatedBounds(try JSON(parsing: text), schema).violated(by: batch)
        }

        for name in ["y", "s.x"] {
            #expect(try violated(low, high, in: name) == nil)
            #expect(try violated("{}", "[]", in: name) == nil)
            #expect(try violated(wrongLow, wrongHigh, in: name) == name)
        }
    }

    @Test
    func `a file of a writer that seals nothing is decoded`() async throws {
        var table = try await world.create()
        let file = try await world.commit(0..<3, to: &table)
        let path = world.root + "/" + file.path
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        for name in [Seal.name, "millrace.body.crc32c"] {
            let place = try #require(
                bytes.indices.last { bytes[$0...].starts(with: Array(name.utf8)) })
            bytes[place] = UInt8(ascii: "M")
        }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        #expect(try await report().damage == [])

        let commit = try String(contentsOfFile: world.commitPath(1), encoding: .utf8)
        let lines = commit.split(separator: "\n").filter { $0.contains("\"add\"") }
        try world.writeCommit(1, lines.map {
            $0.replacingOccurrences(of: "\\\"id\\\":2", with: "\\\"id\\\":1")
        })
        #expect(try await report().damage.map(\.path) == [file.path])
    }
}
