import Columns
import DeltaTable
import Foundation
import Parquet

/// Drives Columns, Parquet and DeltaTable for the tests in other languages.
let arguments = Array(CommandLine.arguments.dropFirst())

func number(_ index: Int) -> Int? { arguments.count > index ? Int(arguments[index]) : nil }

func text(_ index: Int) -> String? {
    arguments.count > index && arguments[index] != "-" ? arguments[index] : nil
}

let usage = """
    usage: DeltaTool parquet FILE ROWS CODEC PROFILE
           DeltaTool create ROOT COLUMNS [PARTITION,...]
           DeltaTool append ROOT FROM TO [COLUMNS|-] [APPLICATION]
           DeltaTool append-many ROOT COUNT ROWS FROM APPLICATION [COLUMNS]
           DeltaTool rows FILE
           DeltaTool checkpoint ROOT
           DeltaTool files ROOT
           DeltaTool describe ROOT
           DeltaTool table-rows ROOT [VERSION|-] [COLUMN,...]
           DeltaTool optimize ROOT TARGET-BYTES [ROUNDS]
           DeltaTool delete-negative ROOT APPLICATION
           DeltaTool replace ROOT FROM TO COLUMNS
           DeltaTool anomalies ROOT VERSION
           DeltaTool faithful ROOT COMMITS [JOURNAL]
           DeltaTool faithful-check COMMITS
           DeltaTool telemetry ROOT NDJSON REPEATS
           DeltaTool extremes ROOT
           DeltaTool strange-partitions ROOT
           DeltaTool sweep ROOT STEP FIRST [PATH:BYTE:BIT]
    """

do {
    try await run()
} catch {
    print("error: \(error)")
    exit(1)
}

func run() async throws {
    guard arguments.count >= 2 else { return fail() }
    let commands = TableCommands(root: arguments[1])
    switch arguments[0] {
    case "parquet": try writeParquet()
    case "create":
        let partition = (text(3) ?? "").split(separator: ",").map(String.init)
        try await commands.create(columnCount: number(2) ?? 0, partition: partition)
    case "append":
        try await commands.append(
            (number(2) ?? 0)..<(number(3) ?? 0), columnCount: number(4), application: text(5))
    case "append-many":
        try await commands.appendMany(
            number(2) ?? 0, rowCount: number(3) ?? 0, from: number(4) ?? 0,
            application: text(5) ?? "test", columnCount: number(6))
    case "rows": try Rows.print(parquet: arguments[1])
    case "checkpoint": try await commands.checkpoint()
    case "files": try await commands.files()
    case "describe": try await commands.describe()
    default: try await runOther(commands)
    }
}

func runOther(_ commands: TableCommands) async throws {
    switch arguments[0] {
    case "table-rows":
        let columns = text(3)?.split(separator: ",").map(String.init)
        try await commands.rows(version: number(2).map(Int64.init), columns: columns)
    case "optimize":
        try await commands.optimize(target: Int64(number(2) ?? 1 << 27), rounds: number(3) ?? 1)
    case "delete-negative": try await commands.deleteNegative(application: text(2) ?? "test")
    case "replace":
        try await commands.replace(
            (number(2) ?? 0)..<(number(3) ?? 0), columnCount: number(4) ?? 1)
    case "faithful":
        try await Faithful(commands: commands, commitCount: number(2) ?? 1, journal: text(3)).run()
    case "faithful-check": await FaithfulCheck(commitCount: number(1) ?? 1).answer()
    case "telemetry":
        try await Telemetry.write(text(2) ?? "", repeats: number(3) ?? 1, commands)
    case "extremes": try await Extremes(commands: commands).write()
    case "strange-partitions": try await Extremes(commands: commands).partition()
    case "sweep":
        try await TableSweep(root: arguments[1], step: number(2) ?? 1, first: number(3) ?? 0)
            .run(only: text(4))
    case "anomalies": try await commands.anomalies(since: Int64(number(2) ?? 0))
    default: fail()
    }
}

func fail() {
    print(usage)
    exit(2)
}

func writeParquet() throws {
    var options = WriterOptions()
    options.codec = ["snappy": .snappy, "none": .uncompressed][arguments[3]] ?? .zstd(level: 1)
    options.profile = arguments[4] == "compact" ? .compact : .standard
    options.keyValues = [("millrace.sample", "yes")]
    options.bloomFilterColumns = ["word", "long"]
    let rowCount = number(2) ?? 0
    var writer = FileWriter(Sample.schema, to: [UInt8](), options: options)
    for start in stride(from: 0, to: rowCount, by: 40_000) {
        writer.append(try Sample.batch(start..<min(start + 40_000, rowCount)))
    }
    let summary = writer.finish()
    try Data(summary.sink).write(to: URL(fileURLWithPath: arguments[1]))
}
