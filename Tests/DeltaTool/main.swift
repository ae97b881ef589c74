import Columns
import Foundation
import Parquet

/// Drives Columns, Parquet and DeltaTable for the tests in other languages.
let arguments = Array(CommandLine.arguments.dropFirst())

switch arguments.first {
case "parquet": try writeParquet(arguments)
default:
    print("usage: DeltaTool parquet FILE ROWS CODEC PROFILE")
    exit(2)
}

func writeParquet(_ arguments: [String]) throws {
    var options = WriterOptions()
    options.codec = ["snappy": .snappy, "none": .uncompressed][arguments[3]] ?? .zstd(level: 1)
    options.profile = arguments[4] == "compact" ? .compact : .standard
    options.keyValues = [("millrace.sample", "yes")]
    options.bloomFilterColumns = ["word", "long"]
    let rowCount = Int(arguments[2]) ?? 0
    var writer = FileWriter(Sample.schema, to: [UInt8](), options: options)
    for start in stride(from: 0, to: rowCount, by: 40_000) {
        writer.append(try Sample.batch(start..<min(start + 40_000, rowCount)))
    }
    let summary = writer.finish()
    try Data(summary.sink).write(to: URL(fileURLWithPath: arguments[1]))
}
